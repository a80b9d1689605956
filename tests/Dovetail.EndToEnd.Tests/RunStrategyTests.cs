using Dovetail.EndToEnd.Tests.Platform;

namespace Dovetail.EndToEnd.Tests;

/// <summary>What follows when a guest powers itself off and when its QEMU dies, for each run strategy.</summary>
public sealed class RunStrategyTests(PlatformFixture fixture)
{
    [Theory]
    [InlineData("Always", true)]
    [InlineData("RerunOnFailure", false)]
    [InlineData("Once", false)]
    public async Task A_guest_that_powers_off_comes_back_only_under_Always(string strategy, bool comesBack)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var guest = new Guest(platform, $"off-{strategy.ToLowerInvariant()}");
        await guest.ApplyAsync(strategy, ct);
        var first = await guest.WaitRunningAsync(ct);
        await using (var console = await GuestConsole.ByWebSocketAsync(platform, guest.Name, ct))
        {
            await console.LogInAsync(ct);
            await console.TypeAsync("poweroff -f\n");
            if (comesBack) (await guest.WaitRunningAsync(ct, former: first)).ShouldNotBe(first);
            else await guest.WaitStatusAsync("Stopped", ct);
        }

        if (!comesBack) await Eventually.BeTrueAsync("its instance has succeeded or is gone", async () => (await guest.VmiAsync(ct))?["status"]?["phase"]?.GetValue<string>() is null or "Succeeded", ct);
        await guest.DeleteAsync(ct);
    }

    [Theory]
    [InlineData("Always", true)]
    [InlineData("RerunOnFailure", true)]
    [InlineData("Once", false)]
    public async Task A_guest_whose_QEMU_is_killed_comes_back_under_Always_and_RerunOnFailure(string strategy, bool comesBack)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var guest = new Guest(platform, $"crash-{strategy.ToLowerInvariant()}");
        await guest.ApplyAsync(strategy, ct);
        var first = await guest.WaitRunningAsync(ct);
        Signals.Kill(guest.Qemu!.Value);
        if (comesBack) await guest.WaitRunningAsync(ct, former: first);
        else await Eventually.BeTrueAsync("its instance has failed", async () => (await guest.VmiAsync(ct))?["status"]?["phase"]?.GetValue<string>() == "Failed", ct);
        await guest.DeleteAsync(ct);
    }

    [Fact]
    public async Task A_sandbox_whose_init_is_killed_is_one_guest_lost_and_started_anew()
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var (guest, other) = (new Guest(platform, "init-dies"), new Guest(platform, "bystander"));
        await guest.ApplyAsync("Always", ct);
        await other.ApplyAsync("Always", ct);
        var first = await guest.WaitRunningAsync(ct);
        await other.WaitRunningAsync(ct);
        var unharmed = other.Qemu;
        Signals.Kill(guest.Process("init"));
        await guest.WaitRunningAsync(ct, former: first);
        other.Qemu.ShouldBe(unharmed);
        await guest.DeleteAsync(ct);
        await other.DeleteAsync(ct);
    }

    [Theory]
    [InlineData("Halted")]
    [InlineData("Manual")]
    public async Task A_machine_that_is_not_to_run_waits_for_virtctl(string strategy)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var guest = new Guest(platform, $"waits-{strategy.ToLowerInvariant()}");
        await guest.ApplyAsync(strategy, ct);
        await guest.WaitStatusAsync("Stopped", ct);
        (await guest.VmiAsync(ct)).ShouldBeNull();
        (await platform.VirtctlAsync($"start {guest.Name} -n {Guest.Namespace}", ct)).Text.ShouldContain("scheduled to start");
        await guest.WaitRunningAsync(ct);
        (await platform.VirtctlAsync($"stop {guest.Name} -n {Guest.Namespace} --force --grace-period=0", ct)).Text.ShouldContain("scheduled to stop");
        await guest.WaitStatusAsync("Stopped", ct);
        await guest.DeleteAsync(ct);
    }
}
