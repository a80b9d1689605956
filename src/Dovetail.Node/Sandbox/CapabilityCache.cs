using System.Globalization;
using System.Xml.Linq;
using Dovetail.LauncherApi;
using Dovetail.Node.Host;
using Dovetail.Node.Registration;

namespace Dovetail.Node.Sandbox;

/// <summary>
/// libvirt's knowledge of this host's QEMU, made once by a throw-away sandbox and copied into every later one: a cold start takes twice as long. libvirt keys it on the change times of QEMU
/// and of itself and on whether KVM can be used, so the folder's name does too; a package upgrade makes a new one.
/// </summary>
internal sealed class CapabilityCache(NodeAgentOptions options, Cgroups cgroups, ProcessWatch watch, TimeProvider time)
{
    private const string RunUid = "00000000-0000-4000-8000-000000000001";
    private const string DomainCapabilities = "domcapabilities.xml";
    private const string HostCapabilities = "hostcapabilities.xml";
    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(60);
    private static readonly string[] KeyFiles = ["/usr/bin/qemu-system-x86_64", "/usr/sbin/libvirtd", "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"];

    /// <summary>Asked through the private libvirtd of the sandbox; the answers lie in a writable folder that the host sees too.</summary>
    private static readonly string Script =
        $"""
        n=0; until [ -S {SandboxLayout.LibvirtSockets}/libvirt-sock ]; do n=$((n+1)); [ $n -gt 500 ] && exit 2; sleep 0.02; done
        virsh -c '{SandboxLayout.LibvirtUri}' capabilities > {SandboxLayout.StateHome}/{HostCapabilities} || exit 3
        virsh -c '{SandboxLayout.LibvirtUri}' domcapabilities > {SandboxLayout.StateHome}/{DomainCapabilities} || exit 4
        """;

    private readonly NodePaths work = new(options.InstanceId, new NodePaths(options.InstanceId, options.DataDirectory).CapabilityCache + "/work");
    private readonly string root = new NodePaths(options.InstanceId, options.DataDirectory).CapabilityCache;

    /// <summary>The warm folder for the present QEMU and libvirt, or null when it has not been made.</summary>
    public string? Find(bool kvm) => Folder(kvm) is var folder && File.Exists($"{folder}/{DomainCapabilities}") ? folder : null;

    /// <summary>Makes the warm folder when there is none. Throws an I/O error that says what was missing.</summary>
    public async Task<string> EnsureAsync(bool kvm, CancellationToken ct)
    {
        if (Find(kvm) is { } warm) return warm;
        var sandboxes = new Sandboxes(work, new SandboxView(new NodePaths(options.InstanceId, options.DataDirectory)), cgroups, watch, time);
        try
        {
            await RunAsync(sandboxes, kvm, ct);
            return Publish(kvm);
        }
        finally
        {
            await sandboxes.RemoveAsync(RunUid, CancellationToken.None);
            DurableFile.RemoveTree(work.DataRoot);
        }
    }

    public static GuestCapabilities Read(string warm) => Parse(XDocument.Load($"{warm}/{DomainCapabilities}"), XDocument.Load($"{warm}/{HostCapabilities}"));

    /// <summary>domcapabilities: <c>cpu/mode[@name='custom']/model[@usable='yes']</c>; capabilities: <c>guest/arch/machine</c>, the text and the canonical name.</summary>
    public static GuestCapabilities Parse(XDocument domain, XDocument host)
    {
        var models = domain.Descendants("mode").Where(mode => (string?)mode.Attribute("name") == "custom")
            .Descendants("model").Where(model => (string?)model.Attribute("usable") == "yes").Select(model => model.Value);
        var machines = host.Descendants("arch").Where(arch => (string?)arch.Attribute("name") == "x86_64").Descendants("machine")
            .SelectMany(machine => new[] { machine.Value, (string?)machine.Attribute("canonical") }).OfType<string>();
        return new GuestCapabilities([.. models.Distinct().Order()], [.. machines.Distinct().Order()]);
    }

    private async Task RunAsync(Sandboxes sandboxes, bool kvm, CancellationToken ct)
    {
        var spec = new SandboxSpec
        {
            PodUid = RunUid,
            Hostname = "capabilities",
            Uid = UidRange.Spare(options.InstanceId),
            Netns = null,
            DnsServer = "127.0.0.1",
            InitPath = options.InitPath,
            LauncherPath = options.LauncherPath,
            Environment = [],
            Disks = [],
            Limits = new CgroupLimits { CpuRequestMillis = 100 },
            Kvm = kvm,
            Programs = [SandboxLayout.Init, SandboxLayout.Logs, SandboxLayout.InitSocket, "/bin/sh", "-c", Script, "--", SandboxLayout.Libvirtd, "-f", SandboxLayout.LibvirtdConf, "-p", SandboxLayout.LibvirtSockets + "/libvirtd.pid"],
        };
        using var limit = new CancellationTokenSource(RunLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var running = await sandboxes.StartAsync(spec, null, either.Token);
        await sandboxes.WaitForExitAsync(RunUid, running.Init, either.Token);
    }

    private string Publish(bool kvm)
    {
        var files = new SandboxFiles(work, RunUid);
        var made = $"{work.DataRoot}/ready";
        Directory.CreateDirectory(made);
        foreach (var answer in new[] { DomainCapabilities, HostCapabilities })
        {
            if (!File.Exists($"{files.State}/{answer}")) throw new IOException($"libvirt told no {answer}: {Said(files)}");
            File.Copy($"{files.State}/{answer}", $"{made}/{answer}", overwrite: true);
        }

        var caches = Directory.GetFiles(files.CapabilityFolder, "*.xml");
        if (caches.Length == 0) throw new IOException($"libvirt wrote no capability cache: {Said(files)}");
        Directory.CreateDirectory($"{made}/cache");
        foreach (var cache in caches) File.Copy(cache, $"{made}/cache/{Path.GetFileName(cache)}", overwrite: true);
        DurableFile.RemoveTree(Folder(kvm));
        Directory.Move(made, Folder(kvm));
        return Folder(kvm);
    }

    private static string Said(SandboxFiles files) =>
        string.Join(' ', Directory.GetFiles(files.Logs).Append(files.OuterLog).Where(File.Exists).SelectMany(file => File.ReadLines(file).TakeLast(3)));

    private string Folder(bool kvm)
    {
        var key = string.Join('-', KeyFiles.Where(File.Exists).Select(file => File.GetLastWriteTimeUtc(file).Ticks.ToString("x", CultureInfo.InvariantCulture)));
        return $"{root}/{(kvm ? "kvm" : "tcg")}-{key}";
    }
}
