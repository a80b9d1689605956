using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtApi.Subresources;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Virt.Tests.VirtApi;

/// <summary><c>subresources.kubevirt.io</c> as clients see it, over TLS, down to virt-handler.</summary>
public sealed class SubresourceApiTests(SubresourceServer server) : IClassFixture<SubresourceServer>
{
    private static int tests;
    private readonly string ns = $"test-{Interlocked.Increment(ref tests)}";
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Machine => $"namespaces/{ns}/virtualmachines/web/";

    private string Instance => $"namespaces/{ns}/virtualmachineinstances/web/";

    [Fact]
    public async Task Virtctl_finds_the_group_its_preferred_version_and_the_platforms_version()
    {
        var group = await GetAsync("/apis/subresources.kubevirt.io");
        ((string?)group["kind"], (string?)group["preferredVersion"]!["groupVersion"]).ShouldBe(("APIGroup", "subresources.kubevirt.io/v1"));
        var version = await GetAsync("version");
        ((string)version["gitVersion"]!).ShouldStartWith("v1.9.0+dovetail");
        version.AsObject().Select(p => p.Key).ShouldBe(["gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"]);
        var list = await GetAsync("/apis/subresources.kubevirt.io/v1");
        list["resources"]!.AsArray().Select(r => (string)r!["name"]!).ShouldContain("virtualmachineinstances/console");
    }

    [Theory]
    [InlineData("Halted", null, "start", HttpStatusCode.Accepted)]
    [InlineData("Always", null, "start", HttpStatusCode.Conflict)]
    [InlineData("Always", "Running", "stop", HttpStatusCode.Accepted)]
    [InlineData("Manual", null, "stop", HttpStatusCode.Conflict)]
    [InlineData("Manual", "Running", "restart", HttpStatusCode.Accepted)]
    [InlineData("Halted", null, "migrate", HttpStatusCode.NotFound)]
    public async Task Lifecycle_requests_answer_with_upstreams_codes(string strategy, string? phase, string action, HttpStatusCode code)
    {
        await server.PutAsync(ns, strategy, phase, Ct);
        (await PutAsync(Machine + action)).Code.ShouldBe(code);
    }

    [Theory]
    [InlineData("virtualmachines", null, "22", HttpStatusCode.Conflict)]
    [InlineData("virtualmachineinstances", null, "22", HttpStatusCode.NotFound)]
    [InlineData("virtualmachineinstances", "Running", "22", HttpStatusCode.BadRequest)]
    [InlineData("virtualmachineinstances", "Running", "0", HttpStatusCode.BadRequest)]
    [InlineData("virtualmachineinstances", "Running", "22/sctp", HttpStatusCode.BadRequest)]
    public async Task A_port_that_cannot_be_reached_is_refused_before_the_upgrade(string resource, string? phase, string port, HttpStatusCode code)
    {
        await server.PutAsync(ns, "Always", phase, Ct);
        (await server.Http.GetAsync(new Uri($"namespaces/{ns}/{resource}/web/portforward/{port}", UriKind.Relative), Ct)).StatusCode.ShouldBe(code);
    }

    [Theory]
    [InlineData("default", "10.0.2.7", true)]
    [InlineData("default", "fd00::7", true)]
    [InlineData(null, "10.0.2.7", false)]
    [InlineData("default", "127.0.0.1", false)]
    [InlineData("default", "::ffff:127.0.0.1", false)]
    [InlineData("default", "::1", false)]
    [InlineData("default", "0.0.0.0", false)]
    [InlineData("default", "169.254.169.254", false)]
    public void An_address_that_a_guest_claims_or_that_leads_to_this_host_is_never_connected_to(string? nic, string address, bool used)
    {
        var claimed = new VirtualMachineInstance { Metadata = new() { Name = "web" }, Status = new() { Interfaces = [new() { Name = nic, IpAddress = address }] } };
        (PortForward.AddressOf(claimed)?.ToString()).ShouldBe(used ? address : null);
    }

    [Fact]
    public async Task Start_of_a_halted_machine_changes_what_its_owner_wrote()
    {
        await server.PutAsync(ns, "Halted", null, Ct);
        (await PutAsync(Machine + "start")).Code.ShouldBe(HttpStatusCode.Accepted);
        (await FindMachineAsync()).Spec!.RunStrategy.ShouldBe("Always");
    }

    [Theory]
    [InlineData("""{"paused":true}""")]
    [InlineData("paused: true\n")]
    [InlineData("""{"kind":"StartOptions","apiVersion":"kubevirt.io/v1","paused":true}""")]
    public async Task Options_are_json_or_yaml(string body)
    {
        await server.PutAsync(ns, "Manual", null, Ct);
        (await PutAsync(Machine + "start", body)).Code.ShouldBe(HttpStatusCode.Accepted);
        var request = (await FindMachineAsync()).Status!.StateChangeRequests.ShouldHaveSingleItem();
        (request.Action, request.Data!["paused"]).ShouldBe(("Start", "true"));
    }

    [Theory]
    [InlineData("""{"dryRun":["All"]}""", HttpStatusCode.Accepted)]
    [InlineData("""{"dryRun":null}""", HttpStatusCode.Accepted)]
    [InlineData("""{"pause":true}""", HttpStatusCode.BadRequest)]
    [InlineData("{", HttpStatusCode.BadRequest)]
    public async Task Options_that_cannot_be_read_are_refused(string body, HttpStatusCode code)
    {
        await server.PutAsync(ns, "Halted", null, Ct);
        (await PutAsync(Machine + "start", body)).Code.ShouldBe(code);
        if (body.Contains("All", StringComparison.Ordinal)) (await FindMachineAsync()).Spec!.RunStrategy.ShouldBe("Halted");
    }

    [Fact]
    public async Task A_forced_restart_leaves_the_guest_one_second()
    {
        await server.PutAsync(ns, "Always", "Running", Ct);
        (await PutAsync(Machine + "restart", """{"gracePeriodSeconds":0}""")).Code.ShouldBe(HttpStatusCode.Accepted);
        (await FindMachineAsync()).Status!.StateChangeRequests!.Select(r => r.Action).ShouldBe(["Stop", "Start"]);
        (await server.Api.FindAsync(KubeVirtTypes.VirtualMachineInstances, ns, "web", Ct))!.Spec!.TerminationGracePeriodSeconds.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_other_methods_are_not_allowed()
    {
        (await PutAsync(Machine + "start")).ShouldBe((HttpStatusCode.NotFound, "virtualmachines.kubevirt.io \"web\" not found"));
        await server.PutAsync(ns, "Halted", null, Ct);
        using var get = await server.Http.GetAsync(Machine + "start", Ct);
        get.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Pause_reaches_the_node_and_answers_200()
    {
        await server.PutAsync(ns, "Always", "Running", Ct);
        string? asked = null;
        server.OnNode = context =>
        {
            asked = $"{context.Request.Method} {context.Request.Path}";
            context.Response.StatusCode = 202;
            return Task.CompletedTask;
        };
        (await PutAsync(Instance + "pause")).ShouldBe((HttpStatusCode.OK, ""));
        asked.ShouldBe($"PUT /v1/namespaces/{ns}/virtualmachineinstances/web/pause");
    }

    [Fact]
    public async Task The_nodes_refusal_is_told_in_its_own_words()
    {
        await server.PutAsync(ns, "Always", "Running", Ct);
        server.OnNode = context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("""{"kind":"Status","message":"demo/web: the launcher does not answer; try again","code":503}""", context.RequestAborted);
        };
        (await PutAsync(Instance + "pause")).ShouldBe((HttpStatusCode.ServiceUnavailable, "demo/web: the launcher does not answer; try again"));
    }

    [Fact]
    public async Task Agent_data_needs_a_connected_agent_and_passes_through()
    {
        await server.PutAsync(ns, "Always", "Running", Ct);
        using (var without = await server.Http.GetAsync(Instance + "guestosinfo", Ct)) without.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);

        var vmi = SubresourceServer.Copy((await server.Api.FindAsync(KubeVirtTypes.VirtualMachineInstances, ns, "web", Ct))!);
        vmi.Status!.Conditions = [VirtController.Make.Condition(ConditionTypes.AgentConnected, "True")];
        await server.Api.ReplaceAsync(KubeVirtTypes.VirtualMachineInstances, vmi, "", Ct);
        server.OnNode = context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync("""{"hostname":"web"}""", context.RequestAborted);
        };
        ((string?)(await GetAsync(Instance + "guestosinfo"))["hostname"]).ShouldBe("web");
    }

    [Fact]
    public async Task A_console_carries_bytes_both_ways_and_is_cut_off_when_the_guests_side_ends_so_that_virtctl_says_why()
    {
        await server.PutAsync(ns, "Always", "Running", Ct);
        server.OnNode = async context =>
        {
            context.WebSockets.WebSocketRequestedProtocols.ShouldBe(["plain.kubevirt.io"]);
            using var web = await context.WebSockets.AcceptWebSocketAsync("plain.kubevirt.io");
            var buffer = new byte[64];
            var got = await web.ReceiveAsync(buffer, context.RequestAborted);
            await web.SendAsync(Encoding.UTF8.GetBytes($"echo {Encoding.UTF8.GetString(buffer, 0, got.Count)}"), WebSocketMessageType.Binary, true, context.RequestAborted);
            await web.CloseAsync(WebSocketCloseStatus.NormalClosure, "", context.RequestAborted);
        };
        using var console = await server.OpenAsync(Instance + "console", Ct);
        console.SubProtocol.ShouldBe("plain.kubevirt.io");
        await console.SendAsync(Encoding.UTF8.GetBytes("root"), WebSocketMessageType.Binary, true, Ct);
        var answer = new byte[64];
        var received = await console.ReceiveAsync(answer, Ct);
        Encoding.UTF8.GetString(answer, 0, received.Count).ShouldBe("echo root");
        (await Should.ThrowAsync<WebSocketException>(async () => await console.ReceiveAsync(answer, Ct))).WebSocketErrorCode.ShouldBe(WebSocketError.ConnectionClosedPrematurely);
    }

    [Theory]
    [InlineData("Scheduled", 0, HttpStatusCode.BadRequest)]
    [InlineData("Failed", 0, HttpStatusCode.Conflict)]
    [InlineData("Running", 503, HttpStatusCode.BadRequest)]
    [InlineData("Running", 500, HttpStatusCode.InternalServerError)]
    public async Task A_console_that_is_not_there_yet_answers_400_so_that_virtctl_tries_again(string phase, int node, HttpStatusCode code)
    {
        await server.PutAsync(ns, "Always", phase, Ct);
        server.OnNode = context =>
        {
            context.Response.StatusCode = node;
            return Task.CompletedTask;
        };
        (await Should.ThrowAsync<HttpRequestException>(async () => await server.OpenAsync(Instance + "console", Ct))).StatusCode.ShouldBe(code);
    }

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await server.Http.GetStringAsync(new Uri(path, UriKind.RelativeOrAbsolute), Ct))!;

    /// <summary>The code, and the message of a Status.</summary>
    private async Task<(HttpStatusCode Code, string Message)> PutAsync(string path, string body = "")
    {
        using var answer = await server.Http.PutAsync(new Uri(path, UriKind.Relative), new StringContent(body), Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        return (answer.StatusCode, text.Length == 0 ? "" : (string?)JsonNode.Parse(text)!["message"] ?? "");
    }

    private async Task<VirtualMachine> FindMachineAsync() => (await server.Api.FindAsync(KubeVirtTypes.VirtualMachines, ns, "web", Ct))!;
}
