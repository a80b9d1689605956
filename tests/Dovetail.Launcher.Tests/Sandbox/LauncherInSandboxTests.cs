using System.Threading.Channels;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Tests.Sandbox;

/// <summary>The launcher with a real libvirtd and QEMU inside a real sandbox. The guest is the <c>tiny</c> image: DOVETAIL_TINY names its qcow2.</summary>
public sealed class LauncherInSandboxTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task A_guest_survives_libvirtds_and_launchers_that_die_again_and_again_and_powers_off_when_asked()
    {
        await using var world = World.Create();
        await using (var guest = await world.ConnectAsync())
        {
            (await guest.AskAsync(world.Ensure())).Error.ShouldBeNull();
            await guest.UntilAsync(s => s.State == DomainState.Running);
        }

        var qemu = world.Sandbox.Pids("qemu-system-x86").ShouldHaveSingleItem();
        for (var deaths = 0; deaths < 3; deaths++)
        {
            // Those that come up are killed in the middle of it.
            await World.UntilAsync(() => world.Sandbox.Pids("libvirtd").Count > 0 && world.Sandbox.Pids("virt-launcher").Count > 0);
            world.Sandbox.Kill("libvirtd", "virt-launcher");
        }

        await using var again = await world.ConnectAsync();
        (await again.AskAsync(world.Ensure())).Error.ShouldBeNull();
        await again.UntilAsync(s => s.State == DomainState.Running && s.AgentConnected && s.Guest is { AgentVersion.Length: > 0 });
        world.Sandbox.Pids("qemu-system-x86").ShouldBe([qemu]);
        world.Sandbox.Pids("virt-launcher").ShouldHaveSingleItem();
        world.Sandbox.Pids("libvirtd").ShouldHaveSingleItem();
        Directory.EnumerateFiles(world.Sandbox.Sockets).Select(Path.GetFileName).Order().ShouldBe([SandboxLayout.GuestRecordName, SandboxLayout.InitSocketName, LauncherProtocol.SocketName]);

        (await again.AskAsync(new LauncherCommand.Pause())).Status.State.ShouldBe(DomainState.Paused);
        (await again.AskAsync(new LauncherCommand.Unpause())).Status.State.ShouldBe(DomainState.Running);

        (await again.AskAsync(new LauncherCommand.Shutdown(20))).Error.ShouldBeNull();
        (await again.UntilAsync(s => s.State == DomainState.Ended)).EndReason.ShouldBe(EndReason.Shutdown);
        GuestRecord.Read(world.Sandbox.Sockets)!.EndReason.ShouldBe(EndReason.Shutdown);

        (await again.AskAsync(world.Ensure())).Status.State.ShouldBe(DomainState.Ended, "a guest is started once a sandbox");
        (await again.AskAsync(new LauncherCommand.Release())).Error.ShouldBeNull();
        await world.Sandbox.Ended.WaitAsync(Patience);
    }

    [Theory]
    [InlineData(0, "virt-launcher")]
    [InlineData(60, "virt-launcher")]
    [InlineData(150, "virt-launcher")]
    [InlineData(300, "virt-launcher")]
    [InlineData(100, "libvirtd")]
    [InlineData(250, "libvirtd")]
    [InlineData(400, "libvirtd")]
    [InlineData(120, "libvirtd", "virt-launcher")]
    [InlineData(300, "libvirtd", "virt-launcher")]
    public async Task Whoever_is_killed_while_a_guest_is_started_exactly_one_runs(int milliseconds, params string[] killed)
    {
        await using var world = World.Create();
        await using (var guest = await world.ConnectAsync())
        {
            await guest.AskAsync(world.Ensure());
            using var moment = new PeriodicTimer(TimeSpan.FromMilliseconds(milliseconds + 1));
            await moment.WaitForNextTickAsync();
            world.Sandbox.Kill(killed);
            if (killed.Contains("virt-launcher")) await guest.Connection.Closed.WaitAsync(Patience);
        }

        await using var again = await world.ConnectAsync();
        await again.AskAsync(world.Ensure());
        await again.UntilAsync(s => s.State == DomainState.Running && s.QemuPid > 0);
        await World.UntilAsync(() => world.Sandbox.Pids("qemu-system-x86").Count == 1);
        Directory.EnumerateFiles(world.Sandbox.EphemeralDisks, "*.new", SearchOption.AllDirectories).ShouldBeEmpty();
        (await again.AskAsync(new LauncherCommand.Destroy())).Error.ShouldBeNull();
        (await again.UntilAsync(s => s.State == DomainState.Ended)).EndReason.ShouldBe(EndReason.Destroyed);
    }

    /// <summary>libvirtd is held up in the dead launcher's start, before it knows the domain, until its successor asks for the same start.</summary>
    [Fact]
    public async Task A_start_that_a_dead_launcher_asked_for_is_adopted()
    {
        await using var world = World.Create();
        await using (var guest = await world.ConnectAsync())
        {
            await guest.AskAsync(world.Ensure());
            await World.UntilAsync(() => world.Sandbox.Pids("qemu-system-x86").Count > 0);
            world.Sandbox.Freeze("qemu-system-x86", true);
            world.Sandbox.Kill("virt-launcher");
            await guest.Connection.Closed.WaitAsync(Patience);
        }

        await using var again = await world.ConnectAsync();
        await again.AskAsync(world.Ensure());
        await again.UntilAsync(s => s.State is DomainState.Starting or DomainState.Running);
        world.Sandbox.Freeze("qemu-system-x86", false);
        await again.UntilAsync(s => s.State == DomainState.Running && s.QemuPid > 0);
        await World.UntilAsync(() => world.Sandbox.Pids("qemu-system-x86").Count == 1);
    }

    [Theory]
    [InlineData("qemu-system-x86")]
    [InlineData("qemu-system-x86", "libvirtd")]
    public async Task A_guest_whose_QEMU_dies_has_crashed(params string[] killed)
    {
        await using var world = World.Create();
        await using var guest = await world.ConnectAsync();
        await guest.AskAsync(world.Ensure());
        await guest.UntilAsync(s => s.State == DomainState.Running);

        world.Sandbox.Kill(killed);

        (await guest.UntilAsync(s => s.State == DomainState.Ended)).EndReason.ShouldBe(EndReason.Crashed);
    }

    [Fact]
    public async Task A_guest_whose_QEMU_dies_while_it_is_started_is_said_to_have_failed_and_leaves_nothing()
    {
        await using var world = World.Create();
        await using var guest = await world.ConnectAsync();
        await guest.AskAsync(world.Ensure());
        await World.UntilAsync(() => world.Sandbox.Pids("qemu-system-x86").Any(IsGuest));

        world.Sandbox.Kill("qemu-system-x86");

        // It may have been running already, by a hair.
        var last = await guest.UntilAsync(s => s.State is DomainState.Failed or DomainState.Ended);
        if (last.State == DomainState.Failed) last.Message.ShouldContain("starting the domain");
        else last.EndReason.ShouldBe(EndReason.Crashed);
        await World.UntilAsync(() => world.Sandbox.Pids("qemu-system-x86").Count == 0);
        GuestRecord.Read(world.Sandbox.Sockets)!.State.ShouldBe(last.State);

        static bool IsGuest(int pid)
        {
            try
            {
                return File.ReadAllText($"/proc/{pid}/cmdline").Contains("guest=demo_vm", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task SIGTERM_to_the_sandbox_ends_a_deaf_guest_after_its_grace_period()
    {
        await using var world = World.Create();
        await using var guest = await world.ConnectAsync();
        await guest.AskAsync(world.Ensure(graceSeconds: 1));
        await guest.UntilAsync(s => s.State == DomainState.Running);

        world.Sandbox.Terminate();

        (await guest.UntilAsync(s => s.State == DomainState.Ended)).EndReason.ShouldBe(EndReason.Destroyed);
        await world.Sandbox.Ended.WaitAsync(Patience);
        GuestRecord.Read(world.Sandbox.Sockets)!.State.ShouldBe(DomainState.Ended);
    }

    [Fact]
    public async Task A_corrupt_image_is_named_as_such()
    {
        await using var world = World.Create(image =>
        {
            using var file = File.OpenHandle(image, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.SetLength(file, 1_000_000);
        });
        await using var guest = await world.ConnectAsync();
        await guest.AskAsync(world.Ensure());

        var failed = await guest.UntilAsync(s => s.State == DomainState.Failed);

        failed.FailureReason.ShouldBe("ImageCorrupt");
        Directory.EnumerateFiles(world.Sandbox.EphemeralDisks, "*.new", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_domain_that_libvirt_refuses_fails_with_its_words()
    {
        await using var world = World.Create();
        await using var guest = await world.ConnectAsync();
        await guest.AskAsync(world.Ensure() with { DomainXml = "<domain type='qemu'><name>demo_vm</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='pc-q35-99'>hvm</type></os></domain>" });

        var failed = await guest.UntilAsync(s => s.State == DomainState.Failed);

        failed.FailureReason.ShouldBe("LibvirtError");
        failed.Message.ShouldContain("pc-q35-99");
    }

    private sealed class World : IAsyncDisposable
    {
        private const string Uid = "5f0c8d5e-0000-4000-8000-000000000001";
        private readonly string disks;

        private World(string disks) => (this.disks, Sandbox) = (disks, HandMadeSandbox.Start(disks));

        public HandMadeSandbox Sandbox { get; }

        public static World Create(Action<string>? damage = null)
        {
            HandMadeSandbox.SkipUnlessPossible();
            var tiny = Environment.GetEnvironmentVariable("DOVETAIL_TINY");
            if (tiny is null || !File.Exists(tiny)) Assert.Skip("needs DOVETAIL_TINY, the qcow2 of images/tiny");
            var disks = Directory.CreateTempSubdirectory("dt-disks-").FullName;
            File.SetUnixFileMode(disks, File.GetUnixFileMode(disks) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
            var image = Path.Combine(disks, "disk_0.img");
            File.Copy(tiny, image);
            damage?.Invoke(image);
            return new(disks);
        }

        public LauncherCommand.EnsureDomain Ensure(long graceSeconds = 20) => new(Xml(), [new PrepareStep.Overlay(SandboxLayout.Overlay("root"), SandboxLayout.ContainerDisk(0))], StartPaused: false, graceSeconds)
        {
            DomainName = "demo_vm", SerialLog = SandboxLayout.SerialLog(Uid),
        };

        public async Task<TestClient> ConnectAsync()
        {
            using var patience = new CancellationTokenSource(Patience);
            while (true)
            {
                try
                {
                    return await TestClient.OpenAsync(Sandbox.SocketPath, patience.Token);
                }
                catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
                }
            }
        }

        public static async Task UntilAsync(Func<bool> isSo)
        {
            using var patience = new CancellationTokenSource(Patience);
            while (!isSo()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        }

        public async ValueTask DisposeAsync()
        {
            await Sandbox.DisposeAsync();
            Directory.Delete(disks, recursive: true);
        }

        private static string Xml() => $"""
            <domain type='qemu'><name>demo_vm</name><uuid>{Uid}</uuid><memory unit='MiB'>192</memory><vcpu>1</vcpu>
            <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/><apic/></features>
            <cpu mode='custom' match='exact'><model fallback='allow'>Nehalem</model></cpu>
            <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
            <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><controller type='usb' model='none'/>
            <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{SandboxLayout.Overlay("root")}'/><target dev='vda' bus='virtio'/></disk>
            <serial type='unix'><source mode='bind' path='{SandboxLayout.SerialSocket(Uid)}'/><target port='0'/><log file='{SandboxLayout.SerialLog(Uid)}' append='on'/></serial>
            <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
            <memballoon model='virtio'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng></devices></domain>
            """;
    }

    private sealed class TestClient : IAsyncDisposable
    {
        private readonly Channel<DomainStatus> statuses = Channel.CreateUnbounded<DomainStatus>();

        public LauncherConnection Connection { get; private set; } = null!;

        public static async Task<TestClient> OpenAsync(string path, CancellationToken ct)
        {
            var client = new TestClient();
            client.Connection = await LauncherConnection.OpenAsync(path, s => client.statuses.Writer.TryWrite(s), ct);
            return client;
        }

        public async Task<LauncherMessage> AskAsync(LauncherCommand command)
        {
            using var patience = new CancellationTokenSource(Patience);
            return await Connection.AskAsync(command, patience.Token);
        }

        public async Task<DomainStatus> UntilAsync(Func<DomainStatus, bool> wanted)
        {
            if (wanted(Connection.Status)) return Connection.Status;
            using var patience = new CancellationTokenSource(Patience);
            try
            {
                await foreach (var status in statuses.Reader.ReadAllAsync(patience.Token))
                {
                    if (wanted(status)) return status;
                }
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"the last status is {Connection.Status}");
            }

            throw new IOException("the connection ended");
        }

        public ValueTask DisposeAsync() => Connection.DisposeAsync();
    }
}
