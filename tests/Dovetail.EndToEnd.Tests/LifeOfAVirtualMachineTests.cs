using Dovetail.EndToEnd.Tests.Platform;

namespace Dovetail.EndToEnd.Tests;

/// <summary>What an owner does with a machine, from apply to delete, with kubectl, virtctl and a plain WebSocket client.</summary>
public sealed class LifeOfAVirtualMachineTests(PlatformFixture fixture)
{
    [Fact]
    public async Task A_machine_boots_is_reached_paused_restarted_and_leaves_nothing()
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var guest = new Guest(platform, "life");
        await guest.ApplyAsync("Always", ct);
        await guest.WaitRunningAsync(ct);
        (await platform.KubectlAsync($"wait vm/life -n {Guest.Namespace} --for=condition=Ready --timeout=60s", ct)).Text.ShouldContain("condition met");
        var address = (await platform.KubectlAsync($"get vmi life -n {Guest.Namespace} -o jsonpath={{.status.interfaces[0].ipAddress}}", ct)).Text;

        await ConsoleCarriesAShellAsync(platform, ct);
        await Eventually.BeTrueAsync($"{address} answers ping", async () => (await Shell.RunAsync("ping", ["-c1", "-W1", address], ct)).Code == 0, ct);
        await guest.WaitConditionAsync("AgentConnected", ct);
        var info = await platform.VirtctlAsync($"guestosinfo life -n {Guest.Namespace}", ct);
        info.Text.ShouldContain("\"hostname\": \"life\"");

        var (uid, qemu) = (await guest.UidAsync(ct), guest.Qemu);
        (await platform.VirtctlAsync($"pause vm life -n {Guest.Namespace}", ct)).Text.ShouldContain("scheduled to pause");
        await guest.WaitStatusAsync("Paused", ct);
        (await platform.VirtctlAsync($"pause vm life -n {Guest.Namespace}", ct)).Code.ShouldNotBe(0);
        (await platform.VirtctlAsync($"unpause vm life -n {Guest.Namespace}", ct)).Text.ShouldContain("scheduled to unpause");
        await guest.WaitStatusAsync("Running", ct);
        guest.Qemu.ShouldBe(qemu);

        (await platform.VirtctlAsync($"restart life -n {Guest.Namespace}", ct)).Text.ShouldContain("scheduled to restart");
        var second = await guest.WaitRunningAsync(ct, former: uid);
        (await platform.VirtctlAsync($"stop life -n {Guest.Namespace}", ct)).Text.ShouldContain("scheduled to stop");
        await guest.WaitStatusAsync("Stopped", ct);
        await Eventually.BeTrueAsync("no instance is left", () => guest.IsGoneAsync(ct), ct);
        (await platform.VirtctlAsync($"start life -n {Guest.Namespace}", ct)).Text.ShouldContain("scheduled to start");
        await guest.WaitRunningAsync(ct, former: second);

        var sandbox = (await guest.VmiAsync(ct))!["metadata"]!["uid"]!.GetValue<string>();
        await guest.DeleteAsync(ct);
        guest.Qemu.ShouldBeNull();
        var left = await HostCensus.TakeAsync(sandbox, sandbox, ct);
        left.ShouldBeEmpty();
    }

    private static async Task ConsoleCarriesAShellAsync(TestPlatform platform, CancellationToken ct)
    {
        await using (var plain = await GuestConsole.ByWebSocketAsync(platform, "life", ct))
        {
            await plain.LogInAsync(ct);
            (await plain.RunAsync("cat /proc/sys/kernel/hostname", ct)).ShouldContain("life");
        }

        await using var virtctl = GuestConsole.ByVirtctl(platform, "life");
        await virtctl.WaitForAsync("Successfully connected", ct);
        (await virtctl.RunAsync("echo $((6*7))", ct)).ShouldContain("42");
    }

    [Fact]
    public async Task A_late_reader_of_the_console_sees_what_was_printed_before()
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var guest = new Guest(platform, "late");
        await guest.ApplyAsync("Always", ct);
        await guest.WaitRunningAsync(ct);
        await guest.WaitConditionAsync("AgentConnected", ct); // The agent starts after the boot messages.
        await using (var console = await GuestConsole.ByWebSocketAsync(platform, "late", ct)) await console.WaitForAsync("TINY UP", ct);
        await guest.DeleteAsync(ct);
    }
}
