using Dovetail.Launcher.Guest;
using Dovetail.Launcher.Libvirt;
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

    [Theory]
    [InlineData("/usr/bin/qemu-system-x86_64\0-S\0-machine\0none,accel=kvm:tcg\0-daemonize\0", true)]
    [InlineData("/usr/bin/qemu-system-x86_64\0-name\0guest=demo_vm\0-machine\0pc-q35-7.2,usb=off\0", false)]
    [InlineData("/bin/sh\0-c\0-machine\0none,\0", false)]
    [InlineData("", false)]
    public void Only_a_QEMU_without_a_machine_is_taken_for_a_probe(string commandLine, bool expected) => StrayProbes.IsProbe(commandLine).ShouldBe(expected);

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
    public void An_agent_that_lies_about_types_and_text_spoils_only_its_own_fields()
    {
        var info = AgentAnswers.Combine("""{"version":"7.2"}""", """{"name":"\ud800","id":"debian"}""", """{"host-name":"vm"}""", """{"offset":"x","zone":7}""", """{"no":"list"}""");
        (info.AgentVersion, info.OsId, info.OsName, info.Hostname, info.Timezone).ShouldBe(("7.2", "debian", "", "vm", ""));
    }

    [Fact]
    public async Task What_a_killed_launcher_left_half_made_is_made_again()
    {
        var folder = Directory.CreateTempSubdirectory("dt-prepare-").FullName;
        try
        {
            File.WriteAllText($"{folder}/template", "whole");
            File.WriteAllText($"{folder}/vars.fd.7.new", "ha");
            Directory.CreateDirectory($"{folder}/vars.fd.7.new.d/openstack");
            File.WriteAllText($"{folder}/vars.fd.{Environment.ProcessId}.new", "half");
            await Preparer.RunAsync([new PrepareStep.Copy($"{folder}/vars.fd", $"{folder}/template")], default);
            File.ReadAllText($"{folder}/vars.fd").ShouldBe("whole");
            Directory.EnumerateFileSystemEntries(folder).Count().ShouldBe(2, "nothing half-made is left");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
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
