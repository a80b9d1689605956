using System.Collections.Concurrent;
using Dovetail.EndToEnd.Tests.Platform;

namespace Dovetail.EndToEnd.Tests;

/// <summary><c>kill -9</c> of every process of the platform: it is started again, running guests do not notice, half-done work is completed, nothing acknowledged is missing.</summary>
public sealed class KilledProcessTests(PlatformFixture fixture)
{
    private static readonly TimeSpan Staggered = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task Every_part_that_is_killed_comes_back_and_the_running_guest_does_not_notice()
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var guest = new Guest(platform, "survivor");
        await guest.ApplyAsync("Always", ct);
        await guest.WaitRunningAsync(ct);
        var (uid, qemu) = (await guest.UidAsync(ct), guest.Qemu);
        foreach (var part in new[] { "server", "node", "supervisor", "containerd", "registryProcess" })
        {
            var killed = (await platform.PartAsync(part, ct))!.Value;
            Signals.Kill(killed);
            await Eventually.BeTrueAsync($"{part} runs again", async () => await platform.PartAsync(part, ct) is { } pid && pid != killed, ct);
            guest.Qemu.ShouldBe(qemu, part);
        }

        foreach (var program in new[] { "virt-launcher", "libvirtd" })
        {
            var killed = guest.Process(program);
            Signals.Kill(killed);
            await Eventually.BeTrueAsync($"{program} runs again", () => Task.FromResult(guest.FindProcess(program) is { } pid && pid != killed), ct);
            guest.Qemu.ShouldBe(qemu, program);
        }

        // What was started again is in charge again: of the domain, and of the machine.
        await Eventually.BeTrueAsync("status is Ready", async () => (await platform.DovetailAsync("status", ct)).Code == 0, ct, seconds: 90);
        await Eventually.BeTrueAsync("the guest can be paused", async () => (await platform.VirtctlAsync($"pause vm survivor -n {Guest.Namespace}", ct)).Code == 0, ct);
        await guest.WaitStatusAsync("Paused", ct);
        (await platform.VirtctlAsync($"unpause vm survivor -n {Guest.Namespace}", ct)).Text.ShouldContain("scheduled");
        await guest.WaitStatusAsync("Running", ct);
        (await guest.UidAsync(ct)).ShouldBe(uid);
        guest.Qemu.ShouldBe(qemu);
        await guest.DeleteAsync(ct);
    }

    [Theory]
    [InlineData("server")]
    [InlineData("node")]
    public async Task A_part_that_is_killed_while_machines_start_and_stop_completes_the_work(string part)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var guests = Enumerable.Range(1, 3).Select(i => new Guest(platform, $"{part}-dies-{i}")).ToList();
        foreach (var guest in guests) await guest.ApplyAsync("Always", ct);
        await KillStaggeredAsync(platform, part, 3, ct);
        foreach (var guest in guests) await guest.WaitRunningAsync(ct);
        foreach (var guest in guests) guest.Qemu.ShouldNotBeNull();

        await Eventually.BeTrueAsync("the deletion is accepted", async () => (await platform.KubectlAsync($"delete vm -n {Guest.Namespace} --wait=false --ignore-not-found {string.Join(' ', guests.Select(g => g.Name))}", ct)).Code == 0, ct);
        await KillStaggeredAsync(platform, part, 3, ct);
        foreach (var guest in guests) await guest.DeleteAsync(ct);
        foreach (var guest in guests) guest.Qemu.ShouldBeNull();
    }

    [Fact]
    public async Task A_launcher_that_is_killed_while_its_guest_starts_or_stops_completes_the_work()
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var guest = new Guest(platform, "launcher-dies");
        await guest.ApplyAsync("Always", ct);
        await Eventually.BeTrueAsync("a launcher runs in this platform's cgroup", () => Task.FromResult(LauncherOf(platform) is not null), ct);
        if (LauncherOf(platform) is { } launcher) Signals.Kill(launcher);
        await guest.WaitRunningAsync(ct);
        (await platform.KubectlAsync($"delete vm launcher-dies -n {Guest.Namespace} --wait=false", ct)).Text.ShouldContain("deleted");
        if (guest.FindProcess("virt-launcher") is { } stopping) Signals.Kill(stopping);
        await guest.DeleteAsync(ct);
        guest.Qemu.ShouldBeNull();
    }

    [Fact]
    public async Task Everything_the_server_acknowledged_is_there_after_it_was_killed()
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(ct);
        ConcurrentQueue<string> acknowledged = [];
        var writing = CreateConfigMapsAsync(platform, acknowledged, stopping.Token, ct);
        for (var blow = 1; blow <= 3; blow++)
        {
            // Each blow falls on a server that has acknowledged something since the last one.
            var before = acknowledged.Count;
            await Eventually.BeTrueAsync("more is acknowledged", () => Task.FromResult(acknowledged.Count >= before + 3), ct);
            await KillStaggeredAsync(platform, "server", 1, ct);
        }

        await stopping.CancelAsync();
        await writing;
        var there = await Eventually.FindAsync("the list", async () => await platform.KubectlAsync($"get configmaps -n {Guest.Namespace} -o name", ct) is { Code: 0 } list ? list.Out : null, ct);
        acknowledged.Except(there.Split('\n')).ShouldBeEmpty();
    }

    private static async Task CreateConfigMapsAsync(TestPlatform platform, ConcurrentQueue<string> acknowledged, CancellationToken stopping, CancellationToken ct)
    {
        for (var i = 0; !stopping.IsCancellationRequested; i++)
        {
            if ((await platform.KubectlAsync($"create configmap acknowledged-{i} -n {Guest.Namespace} --from-literal=number={i}", ct)).Code == 0) acknowledged.Enqueue($"configmap/acknowledged-{i}");
        }
    }

    private static async Task KillStaggeredAsync(TestPlatform platform, string part, int times, CancellationToken ct)
    {
        for (var i = 0; i < times; i++)
        {
            await Task.Delay(Staggered * (i + 1), TimeProvider.System, ct); // Each time at another point of the work; the point itself is left to chance.
            await Eventually.BeTrueAsync($"{part} runs", () => Task.FromResult(platform.Recorded(part) is not null), ct);
            if (platform.Recorded(part) is { } pid) Signals.Kill(pid);
        }

        // The commands that follow are a user's, who would try again; the loop of acknowledged writes alone talks to a server that is away.
        await Eventually.BeTrueAsync("the API answers", async () => (await platform.KubectlAsync("get namespace default -o name", ct)).Code == 0, ct);
    }

    private static int? LauncherOf(TestPlatform platform) =>
        HostCensus.Processes()
            .Where(p => p.CommandLine.StartsWith("/dovetail/virt-launcher", StringComparison.Ordinal) && HostCensus.Read($"/proc/{p.Pid}/cgroup")?.Contains(platform.Instance, StringComparison.Ordinal) == true)
            .Select(p => (int?)p.Pid)
            .FirstOrDefault();
}
