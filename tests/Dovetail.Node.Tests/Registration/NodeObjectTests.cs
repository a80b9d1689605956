using Dovetail.Node.Kvm;
using Dovetail.Node.Registration;
using Dovetail.Runtime.Conditions;

namespace Dovetail.Node.Tests.Registration;

public sealed class NodeObjectTests
{
    private static readonly NodeFacts Well = new()
    {
        Name = "n1", Address = "192.0.2.2", PodCidr = "10.244.1.0/24", MaxPods = 110, Kvm = KvmVerdict.No("a virtual CPU runs 1.7 million instructions a second"),
        Guests = new(["Nehalem"], ["q35", "pc-q35-7.2"]), NotReady = [], Parts = [new("registry", 0, false, "it does not answer")], Schedulable = true, ContainerRuntimeVersion = "containerd://1.6.20", Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Host = new HostFacts
        {
            Cpus = 2, MemoryBytes = 8L << 30, MemoryAvailableBytes = 4L << 30, DiskBytes = 100L << 30, DiskFreeBytes = 50L << 30, MaxPids = 32768, Pids = 100, Tun = true,
            CpuVendor = "AMD", KernelVersion = "6.1", OsImage = "Debian", MachineId = "m", BootId = "b",
        },
    };

    [Fact]
    public void The_selectors_of_launcher_pods_match()
    {
        var labels = NodeObject.Labels(Well);
        foreach (var label in new[] { "kubevirt.io/schedulable", "machine-type.node.kubevirt.io/q35", "machine-type.node.kubevirt.io/pc-q35-7.2", "cpu-model.node.kubevirt.io/Nehalem", "cpu-vendor.node.kubevirt.io/AMD" })
            labels[label].ShouldBe("true", label);
        labels["kubernetes.io/hostname"].ShouldBe("n1");
    }

    [Fact]
    public void Kvm_is_offered_only_where_the_probe_found_it_usable()
    {
        NodeObject.Status(null, Well).Allocatable["devices.kubevirt.io/kvm"].ToString().ShouldBe("0");
        NodeObject.Status(null, Well with { Kvm = new KvmVerdict(true, "fast") }).Allocatable["devices.kubevirt.io/kvm"].ToString().ShouldBe("1k");
        NodeObject.Annotations(Well)[NodeObject.KvmAnnotation].ShouldContain("1.7 million");
    }

    [Fact]
    public void What_is_not_ready_is_named_and_guests_are_sent_elsewhere()
    {
        var unwell = Well with { NotReady = ["network: the subnet is taken", "containerd: it is starting"] };
        NodeObject.Status(null, unwell).Conditions.Single(c => c.Type == "Ready").Message.ShouldBe("network: the subnet is taken; containerd: it is starting");
        NodeObject.Labels(unwell)["kubevirt.io/schedulable"].ShouldBe("false");
    }

    [Fact]
    public void A_part_that_is_not_well_is_a_condition_of_its_own() =>
        NodeObject.Status(null, Well).Conditions.Single(c => c.Type == "node.dovetail.dev/registry").Message.ShouldBe("it does not answer");

    [Fact]
    public void A_full_disk_is_a_condition()
    {
        NodeObject.Status(null, Well).Conditions.StatusOf("DiskPressure").ShouldBe("False");
        NodeObject.Status(null, Well with { Host = Well.Host with { DiskFreeBytes = 1L << 30 } }).Conditions.StatusOf("DiskPressure").ShouldBe("True");
    }

    [Fact]
    public void An_orderly_stop_is_told() => NodeObject.Status(null, Well with { Schedulable = false }).Conditions.Single(c => c.Type == "Ready").Reason.ShouldBe("NodeStopping");

    [Fact]
    public async Task The_probe_of_this_machine_gives_a_verdict_with_a_reason()
    {
        var verdict = await KvmProbe.RunAsync(["/bin/echo", """{"usable":true,"reason":"said the child"}"""], TimeProvider.System, default);
        if (File.Exists("/dev/kvm")) verdict.ShouldBe(new KvmVerdict(true, "said the child"));
        else verdict.Usable.ShouldBeFalse();
        using var said = new StringWriter();
        var console = Console.Out;
        Console.SetOut(said);
        KvmProbe.RunInThisProcess();
        Console.SetOut(console);
        System.Text.Json.JsonDocument.Parse(said.ToString()).RootElement.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
    }
}
