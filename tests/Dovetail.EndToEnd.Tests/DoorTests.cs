using Dovetail.EndToEnd.Tests.Platform;

namespace Dovetail.EndToEnd.Tests;

/// <summary><c>up</c>, <c>down</c>, <c>status</c>, and platforms beside each other.</summary>
public sealed class DoorTests(PlatformFixture fixture)
{
    private static readonly string[] Parts = ["supervisor", "server", "node", "containerd", "registryProcess"];

    [Fact]
    public async Task Up_of_a_running_platform_changes_nothing()
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var before = await PidsAsync(platform, ct);
        before.ShouldAllBe(pid => pid != null);
        (await platform.DovetailAsync("up", ct)).Text.ShouldContain("Ready");
        (await PidsAsync(platform, ct)).ShouldBe(before);
        (await platform.DovetailAsync("kubeconfig", ct)).Out.ShouldBe(platform.Kubeconfig + "\n");
        File.GetUnixFileMode(platform.Kubeconfig).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_second_platform_lives_beside_the_first_goes_down_without_a_trace_and_brings_its_machines_back()
    {
        var (first, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var (near, second) = (new Guest(first, "same-name"), new TestPlatform("second"));
        await near.ApplyAsync("Always", ct);
        await near.WaitRunningAsync(ct);
        var untouched = near.Qemu;
        try
        {
            await second.UpAsync(ct);
            await second.PushTinyAsync(ct);
            (await second.KubectlAsync($"create namespace {Guest.Namespace}", ct)).Text.ShouldContain("created");
            var guest = new Guest(second, "same-name");
            await guest.ApplyAsync("Always", ct);
            var before = await guest.WaitRunningAsync(ct);
            guest.Qemu.ShouldNotBe(untouched);

            await DownWithoutTraceAsync(second, ct);
            (await second.DovetailAsync("up", ct)).Text.ShouldContain("Ready");
            await guest.WaitRunningAsync(ct, former: before);
        }
        finally
        {
            await DownWithoutTraceAsync(second, CancellationToken.None);
            Directory.Delete(second.DataDir, recursive: true);
            File.Delete(second.DataDir + ".yaml");
        }

        near.Qemu.ShouldBe(untouched);
        await near.DeleteAsync(ct);
    }

    [Fact]
    public async Task Without_a_node_an_ordinary_user_runs_the_API()
    {
        Assert.SkipWhen(Checkout.Obstacle is not null, Checkout.Obstacle ?? "");
        var ct = TestContext.Current.CancellationToken;
        var api = new TestPlatform("nobody");
        Directory.CreateDirectory(api.DataDir);
        (await Shell.RunAsync("chown", ["65534:65534", api.DataDir], ct)).Text.ShouldBeEmpty();
        var program = await CopyForOthersAsync(ct);
        Task<Finished> AsNobody(params string[] arguments) =>
            Shell.RunAsync("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "env", $"HOME={api.DataDir}", $"DOTNET_BUNDLE_EXTRACT_BASE_DIR={api.DataDir}", program, .. arguments, "--data-dir", Path.Combine(api.DataDir, "platform")], ct);
        var kubeconfig = Path.Combine(api.DataDir, "platform", "kubeconfig");
        try
        {
            var refused = await AsNobody("up", "--listen", api.Listen);
            refused.Code.ShouldNotBe(0);
            refused.Error.ShouldContain("needs root");
            (await AsNobody("up", "--no-node", "--listen", api.Listen)).Text.ShouldContain($"https://{api.Listen}");
            (await Shell.RunAsync("kubectl", ["--kubeconfig", kubeconfig, "create", "configmap", "c", "--from-literal=a=b"], ct)).Text.ShouldContain("created");
            (await AsNobody("status")).Text.ShouldContain("Ready");
        }
        finally
        {
            var down = await AsNobody("down");
            HostCensus.Processes().Where(p => p.CommandLine.Contains(api.DataDir, StringComparison.Ordinal)).ShouldBeEmpty(down.Everything);
            Directory.Delete(api.DataDir, recursive: true);
            Directory.Delete(Path.GetDirectoryName(program)!, recursive: true);
        }
    }

    [Fact]
    public async Task What_keeps_a_platform_from_starting_is_said_with_the_next_step_and_leaves_it_as_it_was()
    {
        var (first, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var api = new TestPlatform("door faults"); // its folder has a blank in its name
        var settings = Path.Combine(api.DataDir, "settings.json");
        try
        {
            await RefusedAsync(api, $"up --no-node --listen {first.Listen}", ["process ", "has the port", "--listen"], ct);
            File.Exists(settings).ShouldBeFalse("what was refused is not kept");
            await RefusedAsync(api, "kubeconfig", ["dovetail up"], ct);
            await RefusedAsync(api, "up --no-such-flag", ["--no-such-flag"], ct, code: 2);

            (await api.DovetailAsync($"up --no-node --listen {api.Listen}", ct)).Text.ShouldContain(api.Listen);
            (await api.DovetailAsync("up", ct)).Text.ShouldContain("none (--no-node)", customMessage: "what was set before holds without flags");
            await RefusedAsync(api, $"up --listen {first.Listen}", [$"listen is {api.Listen}, not {first.Listen}", "dovetail down"], ct);
            (await api.DovetailAsync("down", ct)).Text.ShouldContain("stopped");
            (await api.DovetailAsync("down", ct)).Code.ShouldBe(0);

            var kept = await File.ReadAllTextAsync(settings, ct);
            await RefusedAsync(api, $"up --listen {first.Listen}", ["has the port"], ct);
            (await File.ReadAllTextAsync(settings, ct)).ShouldBe(kept);

            // A fault that no part knows: it dies each time, and waiting for it is of no use.
            Directory.Move(Path.Combine(api.DataDir, "pki"), Path.Combine(api.DataDir, "pki.kept"));
            await File.WriteAllTextAsync(Path.Combine(api.DataDir, "pki"), "", ct);
            await RefusedAsync(api, "up", ["the server does not stay alive", "server.log", "pki"], ct);
            File.Delete(Path.Combine(api.DataDir, "pki"));
            Directory.Move(Path.Combine(api.DataDir, "pki.kept"), Path.Combine(api.DataDir, "pki"));

            var record = Path.Combine(api.DataDir, "instance.json");
            var instance = await File.ReadAllTextAsync(record, ct);
            (await api.DovetailAsync("up", ct)).Text.ShouldContain(api.Listen);
            await File.WriteAllTextAsync(record, instance.Replace("\"format\": 1", "\"format\": 99", StringComparison.Ordinal), ct);
            await RefusedAsync(api, "up", ["newer version (format 99"], ct);
            (await api.DovetailAsync("status", ct)).Out.ShouldContain("newer version (format 99");
            (await api.DovetailAsync("down", ct)).Text.ShouldContain("stopped");
            Processes(api).ShouldBeEmpty();
        }
        finally
        {
            await api.DovetailAsync("down", CancellationToken.None);
            if (Directory.Exists(api.DataDir)) Directory.Delete(api.DataDir, recursive: true);
        }
    }

    [Fact]
    public async Task A_foreground_platform_stops_in_order_when_it_is_asked_to_end()
    {
        Assert.SkipWhen(Checkout.Obstacle is not null, Checkout.Obstacle ?? "");
        var ct = TestContext.Current.CancellationToken;
        var api = new TestPlatform("foreground");
        using var process = Shell.Start(Checkout.Program, ["up", "--foreground", "--no-node", "--listen", api.Listen, "--data-dir", api.DataDir], api.Environment());
        try
        {
            while (await process.StandardOutput.ReadLineAsync(ct) is { } line && !line.Contains("Ctrl+C", StringComparison.Ordinal)) continue;
            (await api.DovetailAsync("status", ct)).Text.ShouldContain("Ready");
            (await Shell.RunAsync("/bin/sh", ["-c", $"kill -TERM {process.Id}"], ct)).Text.ShouldBeEmpty();
            await process.WaitForExitAsync(ct);
            process.ExitCode.ShouldBe(0);
            Processes(api).ShouldBeEmpty();
        }
        finally
        {
            if (!process.HasExited) process.Kill();
            await api.DovetailAsync("down", CancellationToken.None);
            if (Directory.Exists(api.DataDir)) Directory.Delete(api.DataDir, recursive: true);
        }
    }

    private static IEnumerable<(int Pid, string CommandLine)> Processes(TestPlatform platform) =>
        HostCensus.Processes().Where(p => p.CommandLine.Contains(platform.DataDir, StringComparison.Ordinal));

    private static async Task RefusedAsync(TestPlatform platform, string command, string[] said, CancellationToken ct, int code = 1)
    {
        var before = Processes(platform).ToList();
        var refused = await platform.DovetailAsync(command, ct);
        refused.Code.ShouldBe(code, refused.Everything);
        foreach (var part in said) refused.Error.ShouldContain(part);
        Processes(platform).ShouldBe(before, "what was refused neither starts nor stops anything");
    }

    private static async Task DownWithoutTraceAsync(TestPlatform platform, CancellationToken ct)
    {
        var down = await platform.DovetailAsync("down", ct);
        (await HostCensus.TakeAsync(platform.Instance, platform.DataDir, ct)).ShouldBeEmpty(down.Everything);
        down.Code.ShouldBe(0, down.Everything);
    }

    // The checkout may lie where only root may look.
    private static async Task<string> CopyForOthersAsync(CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("dovetail-e2e-program-").FullName;
        (await Shell.RunAsync("/bin/cp", ["-rL", Path.GetDirectoryName(Checkout.Program)! + "/.", folder], ct)).Text.ShouldBeEmpty();
        (await Shell.RunAsync("chmod", ["-R", "a+rX", folder], ct)).Text.ShouldBeEmpty();
        return Path.Combine(folder, "dovetail");
    }

    private static async Task<List<int?>> PidsAsync(TestPlatform platform, CancellationToken ct)
    {
        List<int?> pids = [];
        foreach (var part in Parts) pids.Add(await platform.PartAsync(part, ct));
        return pids;
    }
}
