namespace Dovetail.Virtctl.Tests;

public sealed class CommandTests : IAsyncLifetime
{
    private const string Vm = "PUT /apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/myvm/";
    private const string Vmi = "PUT /apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/myvm/";
    private FakeApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await FakeApiServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("start myvm", "start", "{}", "VM myvm was scheduled to start\n")]
    [InlineData("start myvm --paused", "start", """{"paused":true}""", "VM myvm was scheduled to start\n")]
    [InlineData("start --dry-run myvm", "start", """{"dryRun":["All"]}""", "Dry Run execution\nVM myvm was scheduled to start\n")]
    [InlineData("stop myvm", "stop", "{}", "VM myvm was scheduled to stop\n")]
    [InlineData("stop myvm --force --grace-period=0", "stop", """{"gracePeriod":0}""", "VM myvm was scheduled to stop\n")]
    [InlineData("restart myvm", "restart", "{}", "VM myvm was scheduled to restart\n")]
    [InlineData("restart myvm --force --grace-period 0", "restart", """{"gracePeriodSeconds":0}""", "VM myvm was scheduled to restart\n")]
    public async Task Lifecycle_commands_put_their_options_and_say_what_they_scheduled(string line, string action, string body, string output)
    {
        server.Answers[Vm + action] = (202, "");
        var run = await VirtctlRun.Async(server, line);
        run.ShouldBe(new VirtctlRun(0, output, ""));
        server.Requests.ShouldBe([$"{Vm}{action} {body}"]);
    }

    [Theory]
    [InlineData("soft-reboot", "softreboot", "Error soft rebooting VirtualMachineInstance myvm: virtualmachineinstances.kubevirt.io \"myvm\" not found\n")]
    [InlineData("reset", "reset", "Error reseting VirtualMachineInstance myvm: virtualmachineinstances.kubevirt.io \"myvm\" not found\n")]
    public async Task An_instance_is_rebooted_without_options_and_a_missing_one_is_named(string command, string subresource, string missing)
    {
        server.Answers[Vmi + subresource] = (200, "");
        (await VirtctlRun.Async(server, $"{command} myvm")).ShouldBe(new VirtctlRun(0, $"VMI myvm was scheduled to {command}\n", ""));
        server.Requests.ShouldBe([Vmi + subresource]);
        server.Answers[Vmi + subresource] = (404, """{"kind":"Status","status":"Failure","message":"virtualmachineinstances.kubevirt.io \"myvm\" not found","code":404}""");
        (await VirtctlRun.Async(server, $"{command} myvm")).ShouldBe(new VirtctlRun(1, "", missing));
    }

    [Theory]
    [InlineData("stop myvm --force")]
    [InlineData("restart myvm --grace-period=0")]
    public async Task Force_and_grace_period_go_together(string line)
    {
        var run = await VirtctlRun.Async(server, line);
        (run.Code, run.Error).ShouldBe((1, "Must both use --force=true and set --grace-period.\n"));
    }

    [Theory]
    [InlineData("start myvm", "Error starting VirtualMachine why not\n")]
    [InlineData("stop myvm", "error stopping VirtualMachine why not\n")]
    [InlineData("restart myvm", "error restarting VirtualMachine: why not\n")]
    [InlineData("pause vmi myvm", "Error pausing VirtualMachineInstance myvm: why not\n")]
    [InlineData("guestosinfo myvm", "Error getting guestosinfo of VirtualMachineInstance myvm, why not\n")]
    public async Task A_refusal_is_shown_in_the_servers_words(string line, string error)
    {
        foreach (var action in new[] { Vm + "start", Vm + "stop", Vm + "restart", Vmi + "pause", Vmi.Replace("PUT", "GET", StringComparison.Ordinal) + "guestosinfo" })
            server.Answers[action] = (409, """{"kind":"Status","status":"Failure","message":"why not","code":409}""");
        var run = await VirtctlRun.Async(server, line);
        run.ShouldBe(new VirtctlRun(1, "", error));
    }

    [Theory]
    [InlineData("pause vm myvm", "pause")]
    [InlineData("unpause VirtualMachine myvm", "unpause")]
    public async Task A_vm_is_looked_up_before_its_instance_is_paused(string line, string action)
    {
        server.Answers["GET /apis/kubevirt.io/v1/namespaces/default/virtualmachines/myvm"] = (200, """{"metadata":{"name":"myvm"},"spec":{"runStrategy":"Always"}}""");
        server.Answers[Vmi + action] = (200, "");
        var run = await VirtctlRun.Async(server, line);
        run.ShouldBe(new VirtctlRun(0, $"VMI myvm was scheduled to {action}\n", ""));
        server.Requests.ShouldBe(["GET /apis/kubevirt.io/v1/namespaces/default/virtualmachines/myvm", $"{Vmi}{action} {{}}"]);
    }

    [Theory]
    [InlineData("""{"runStrategy":"Halted"}""", "Error pausing VirtualMachineInstance myvm. VirtualMachine myvm is not set to run\n")]
    [InlineData("""{"running":false}""", "Error pausing VirtualMachineInstance myvm. VirtualMachine myvm is not set to run\n")]
    [InlineData("""{"runStrategy":"Always"}""", "Error pausing VirtualMachineInstance myvm, it was not found\n")]
    public async Task Pausing_a_vm_without_instance_says_why(string spec, string error)
    {
        server.Answers["GET /apis/kubevirt.io/v1/namespaces/default/virtualmachines/myvm"] = (200, "{\"spec\":" + spec + "}");
        (await VirtctlRun.Async(server, "pause vm myvm")).ShouldBe(new VirtctlRun(1, "", error));
    }

    [Fact]
    public async Task An_unknown_resource_type_is_refused() =>
        (await VirtctlRun.Async(server, "pause pod myvm")).ShouldBe(new VirtctlRun(1, "", "unsupported resource type \"pod\": it is vm or vmi\n"));

    [Theory]
    [InlineData("guestosinfo", "guestosinfo")]
    [InlineData("userlist", "userlist")]
    [InlineData("fslist", "filesystemlist")]
    public async Task Guest_agent_data_is_printed_as_indented_json(string command, string subresource)
    {
        server.Answers[$"GET /apis/subresources.kubevirt.io/v1/namespaces/ns/virtualmachineinstances/myvm/{subresource}"] = (200, """{"a":{"b":[1,"<x>"]}}""");
        (await VirtctlRun.Async(server, $"-n ns {command} myvm")).ShouldBe(new VirtctlRun(0, "{\n  \"a\": {\n    \"b\": [\n      1,\n      \"<x>\"\n    ]\n  }\n}\n", ""));
    }

    [Fact]
    public async Task Version_prints_both_sides_as_upstream_does()
    {
        var run = await VirtctlRun.Async(server, "version");
        run.Code.ShouldBe(0);
        var lines = run.Out.Split('\n');
        lines[0].ShouldStartWith("Client Version: version.Info{GitVersion:\"v1.9.0+dovetail.");
        lines[1].ShouldBe("Server Version: version.Info{GitVersion:\"v1.9.3\", GitCommit:\"abc\", GitTreeState:\"clean\", BuildDate:\"d\", GoVersion:\"g\", Compiler:\"c\", Platform:\"linux/amd64\"}");
    }

    [Theory]
    [InlineData("version -c")]
    [InlineData("version --client=true")]
    public async Task The_clients_version_needs_no_server(string line)
    {
        var run = await VirtctlRun.Async(null, line);
        run.Code.ShouldBe(0);
        run.Out.ShouldStartWith("Client Version: version.Info{");
        run.Out.ShouldNotContain("Server");
    }

    [Fact]
    public async Task A_failure_against_another_minor_version_says_so_first()
    {
        server.Answers["GET /apis/subresources.kubevirt.io/v1/version"] = (200, """{"gitVersion":"v1.7.0"}""");
        var run = await VirtctlRun.Async(server, "start myvm");
        run.Code.ShouldBe(1);
        run.Error.ShouldStartWith("You are using a client virtctl version that is different from the KubeVirt version running in the cluster\nClient Version: v1.9.0");
        run.Error.ShouldContain("Server Version: v1.7.0\n");
        run.Error.ShouldEndWith("Error starting VirtualMachine the server could not find the requested resource (put virtualmachines.kubevirt.io myvm)\n");
    }

    [Theory]
    [InlineData("frob", "unknown command \"frob\" for \"virtctl\"\n")]
    [InlineData("vnc myvm", "the command \"vnc\" is not supported by Dovetail's virtctl; KubeVirt's own virtctl works with this platform\n")]
    [InlineData("start", "accepts 1 arg(s), received 0\n")]
    [InlineData("pause vm", "accepts 2 arg(s), received 1\n")]
    [InlineData("version x", "unknown command \"x\" for \"virtctl version\"\n")]
    [InlineData("start myvm --frob", "unknown flag: --frob\n")]
    [InlineData("start myvm -q", "unknown shorthand flag: 'q' in -q\n")]
    [InlineData("start myvm --namespace", "flag needs an argument: --namespace\n")]
    [InlineData("console myvm --timeout=x", "invalid argument \"x\" for \"--timeout\" flag: strconv.ParseInt: parsing \"x\": invalid syntax\n")]
    public async Task A_wrong_command_line_is_refused_with_exit_code_1(string line, string error) =>
        (await VirtctlRun.Async(null, "-s http://127.0.0.1:1 " + line))
            .ShouldBe(new VirtctlRun(1, "", error));

    [Theory]
    [InlineData("")]
    [InlineData("help")]
    public async Task Without_a_command_the_commands_are_listed(string line)
    {
        var run = await VirtctlRun.Async(null, line);
        run.Code.ShouldBe(0);
        run.Out.ShouldContain("\n  console     Connect to a console of a virtual machine instance.\n");
    }

    [Fact]
    public async Task Help_shows_usage_example_and_flags()
    {
        var run = await VirtctlRun.Async(null, "stop --help");
        run.Out.ShouldContain("Usage:\n  virtctl stop (VM) [flags]");
        run.Out.ShouldContain("  virtctl stop myvm");
        run.Out.ShouldContain("--grace-period");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        var run = await VirtctlRun.Async(null, "start myvm --server http://127.0.0.1:1");
        run.Code.ShouldBe(1);
        run.Error.ShouldBe("Error starting VirtualMachine Put \"http://127.0.0.1:1/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/myvm/start\": dial tcp 127.0.0.1:1: connect: connection refused\n");
    }

    [Fact]
    public async Task Verbose_runs_show_their_requests()
    {
        server.Answers[Vm + "start"] = (202, "");
        (await VirtctlRun.Async(server, "start myvm -v=6")).Error.ShouldStartWith($"PUT {server.Address}apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/myvm/start 202 in ");
    }
}
