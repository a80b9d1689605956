using Dovetail.Launcher.Guest;
using Dovetail.Launcher.Prepare;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Tests.Guest;

public sealed class GuestPartsTests
{
    [Fact]
    public void An_ended_or_failed_guest_never_lives_again()
    {
        foreach (var what in Enum.GetValues<GuestEvent>())
        {
            GuestPhases.Next(DomainState.Ended, what).ShouldBeNull();
            GuestPhases.Next(DomainState.Failed, what).ShouldBeNull();
        }
    }

    [Fact]
    public void Every_living_phase_can_end()
    {
        foreach (var phase in Enum.GetValues<DomainState>().Where(p => p is not (DomainState.Ended or DomainState.Failed)))
            GuestPhases.Next(phase, GuestEvent.Gone).ShouldBe(DomainState.Ended);
    }

    [Theory]
    [InlineData("2026-11-23 14:00:01.1+0000: shutting down, reason=shutdown\n", EndReason.Shutdown)]
    [InlineData("x\n2026: shutting down, reason=destroyed\n", EndReason.Destroyed)]
    [InlineData("2026: shutting down, reason=crashed\n", EndReason.Crashed)]
    [InlineData("2026: shutting down, reason=shutdown\n2026: starting up libvirt version: 9.0.0", null)]
    [InlineData("qemu-system-x86_64: terminating on signal 15", null)]
    public void The_QEMU_log_tells_how_a_guest_ended(string log, EndReason? expected) => QemuLog.Parse(log).ShouldBe(expected);

    [Fact]
    public void The_live_XML_tells_machine_and_agent()
    {
        var xml = DomainXml.Read("<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>");
        xml.ShouldBe(new DomainXml("pc-q35-7.2", true));
    }

    [Fact]
    public void An_image_that_points_at_other_files_is_refused()
    {
        var head = new byte[512];
        new byte[] { 0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3 }.CopyTo(head, 0);
        BaseImage.Format(head, 200_000).ShouldBe("qcow2");
        head[15] = 112;
        Should.Throw<PrepareException>(() => BaseImage.Format(head, 200_000)).Reason.ShouldBe("ImageUnsupported");
        head[15] = 0;
        head[79] = 4;
        Should.Throw<PrepareException>(() => BaseImage.Format(head, 200_000)).Reason.ShouldBe("ImageUnsupported");
    }

    [Theory]
    [InlineData(100, "ImageCorrupt")]
    [InlineData(4096, "")]
    public void What_has_no_known_format_is_raw_if_it_is_long_enough(long length, string reason)
    {
        if (reason.Length == 0) BaseImage.Format(new byte[512], length).ShouldBe("raw");
        else Should.Throw<PrepareException>(() => BaseImage.Format(new byte[512], length)).Reason.ShouldBe(reason);
    }

    [Fact]
    public void Malformed_agent_answers_are_left_out()
    {
        var info = AgentAnswers.Combine("""{"version":"7.2"}""", """{"id":5,"name":"Debian"}""", "[]", """{"offset":3600,"zone":"CET"}""", """[{"name":"eth0","ip-addresses":[{"ip-address":"10.0.2.2"},{"ip-address":"nonsense"},7]},3]""");
        (info.AgentVersion, info.OsId, info.OsName, info.Hostname, info.Timezone).ShouldBe(("7.2", "", "Debian", "", "CET, 3600"));
        info.Interfaces.ShouldHaveSingleItem().Addresses.ShouldBe(["10.0.2.2"]);
    }

    [Fact]
    public void A_log_above_its_bound_keeps_its_tail()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, new string('a', 5000) + new string('b', 100));
            LogBounds.Cut(path, 1000, 100);
            File.ReadAllText(path).ShouldBe(new string('b', 100));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Disks_are_made_once_and_an_ISO_carries_its_files()
    {
        if (!File.Exists("/usr/bin/xorrisofs")) Assert.Skip("needs xorriso");
        var folder = Directory.CreateTempSubdirectory("dt-prepare-").FullName;
        try
        {
            PrepareStep[] steps = [new PrepareStep.Iso($"{folder}/seed/noCloud.iso", "cidata", [new("user-data", "#cloud-config\n"u8.ToArray()), new("openstack/latest/x.json", "{}"u8.ToArray())]), new PrepareStep.EmptyImage($"{folder}/empty.qcow2", 1 << 20)];
            await Preparer.RunAsync(steps, default);
            var made = File.GetLastWriteTimeUtc($"{folder}/seed/noCloud.iso");
            await Preparer.RunAsync(steps, default);
            File.GetLastWriteTimeUtc($"{folder}/seed/noCloud.iso").ShouldBe(made);
            Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Count().ShouldBe(3, "nothing temporary is left");
            File.ReadAllText($"{folder}/seed/noCloud.iso").ShouldContain("#cloud-config");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
