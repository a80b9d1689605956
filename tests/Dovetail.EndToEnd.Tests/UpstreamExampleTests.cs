using System.Text.RegularExpressions;
using Dovetail.EndToEnd.Tests.Platform;

namespace Dovetail.EndToEnd.Tests;

/// <summary>KubeVirt's own example manifests with nothing changed but the names of images: they run, or a field that is not served is refused by name.</summary>
public sealed partial class UpstreamExampleTests(PlatformFixture fixture)
{
    public static TheoryData<string> Instances { get; } = ["vmi-alpine-efi", "vmi-arm", "vmi-ephemeral", "vmi-fedora", "vmi-masquerade", "vmi-migratable", "vmi-nocloud", "vmi-sata", "vmi-secureboot"];

    public static TheoryData<string> Machines { get; } = ["vm-cirros", "vm-cirros-sata"];

    public static TheoryData<string> PriorityClasses { get; } = ["non-preemtible", "preemtible"];

    /// <summary>Kinds that are kept, with a warning that nothing acts on them.</summary>
    public static TheoryData<string, string> Kept { get; } = new()
    {
        { "pgpu-resource-claim-tmpl", "resourceclaimtemplates.resource.k8s.io" },
    };

    /// <summary>An example, and every field (or the kind) that its refusal names.</summary>
    public static TheoryData<string, string[]> Refused { get; } = new()
    {
        { "clarge", ["kind \"VirtualMachineInstancetype\""] },
        { "cluster-csmall", ["kind \"VirtualMachineClusterInstancetype\""] },
        { "csmall", ["kind \"VirtualMachineInstancetype\""] },
        { "example-migration-policy", ["kind \"MigrationPolicy\""] },
        { "migration-job", ["kind \"VirtualMachineInstanceMigration\""] },
        { "virtio", ["kind \"VirtualMachinePreference\""] },
        { "vm-alpine-datavolume", ["spec.dataVolumeTemplates", "spec.template.spec.volumes[0].dataVolume"] },
        { "vm-alpine-multipvc", ["spec.template.spec.volumes[0].persistentVolumeClaim", "spec.template.spec.volumes[1].persistentVolumeClaim"] },
        { "vm-cirros-clarge", ["spec.instancetype"] },
        { "vm-cirros-clarge-virtio", ["spec.instancetype", "spec.preference"] },
        { "vm-cirros-clarge-windows", ["spec.instancetype", "spec.preference"] },
        { "vm-cirros-cluster-csmall", ["spec.instancetype"] },
        { "vm-cirros-csmall", ["spec.instancetype"] },
        { "vm-cirros-with-sidecar-hook-configmap", ["spec.template.metadata.annotations[hooks.kubevirt.io/hookSidecars]"] },
        { "vm-pool-cirros", ["kind \"VirtualMachinePool\""] },
        { "vm-priorityclass", ["spec.template.spec.priorityClassName"] },
        { "vm-windows-clarge-windows", ["spec.instancetype", "spec.preference", "spec.template.spec.volumes[0].persistentVolumeClaim"] },
        { "vmi-dra-pgpu", ["spec.domain.devices.gpus", "spec.resourceClaims"] },
        { "vmi-fedora-isolated", ["spec.domain.cpu.dedicatedCpuPlacement", "spec.domain.cpu.isolateEmulatorThread"] },
        { "vmi-gpu", ["spec.domain.devices.gpus"] },
        { "vmi-host-disk", ["spec.volumes[0].hostDisk"] },
        { "vmi-kernel-boot", ["spec.domain.firmware.kernelBoot"] },
        { "vmi-multus-multiple-net", ["spec.domain.devices.interfaces[1].bridge", "spec.networks[1].multus"] },
        { "vmi-multus-ptp", ["spec.domain.devices.interfaces[0].bridge", "spec.networks[0].multus"] },
        { "vmi-preset-small", ["kind \"VirtualMachineInstancePreset\""] },
        { "vmi-pvc", ["spec.volumes[0].persistentVolumeClaim"] },
        { "vmi-replicaset-cirros", ["kind \"VirtualMachineInstanceReplicaSet\""] },
        { "vmi-sriov", ["spec.domain.devices.interfaces[1].sriov", "spec.networks[1].multus"] },
        { "vmi-usb", ["spec.domain.devices.hostDevices"] },
        { "vmi-windows", ["spec.domain.devices.tpm", "spec.volumes[0].persistentVolumeClaim"] },
        { "vmi-with-sidecar-hook", ["metadata.annotations[hooks.kubevirt.io/hookSidecars]"] },
        { "vmi-with-sidecar-hook-configmap", ["metadata.annotations[hooks.kubevirt.io/hookSidecars]"] },
        { "windows", ["kind \"VirtualMachinePreference\""] },
    };

    [Theory]
    [MemberData(nameof(Instances))]
    public async Task The_instance_runs(string example)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        await platform.ApplyAsync(Adapted(example), ct);
        await new Guest(platform, example, "default").WaitRunningAsync(ct);
        (await platform.KubectlAsync($"delete vmi {example} --timeout=60s", ct)).Text.ShouldContain("deleted");
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public async Task The_machine_is_halted_as_written_and_runs_when_it_is_started(string example)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        await platform.ApplyAsync(Adapted(example), ct);
        var guest = new Guest(platform, example, "default");
        await guest.WaitStatusAsync("Stopped", ct);
        (await platform.VirtctlAsync($"start {example}", ct)).Text.ShouldContain("scheduled to start");
        await guest.WaitRunningAsync(ct);
        await guest.DeleteAsync(ct);
    }

    [Theory]
    [MemberData(nameof(PriorityClasses))]
    public async Task A_priority_class_is_taken_without_a_warning(string example)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var taken = await platform.KubectlAsync("create --dry-run=server -f -", ct, Adapted(example));
        (taken.Code, taken.Error).ShouldBe((0, ""));
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public async Task What_is_only_kept_says_so(string example, string resource)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var kept = await platform.KubectlAsync("create --dry-run=server -f -", ct, Adapted(example));
        (kept.Code, kept.Error).ShouldBe((0, $"Warning: {resource} are stored and served, but nothing in this release of Dovetail acts on them\n"));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_not_served_yet_is_refused_with_every_field_named(string example, string[] fields)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var refused = await platform.KubectlAsync("create -f -", ct, Adapted(example));
        refused.Code.ShouldNotBe(0, refused.Everything);
        foreach (var field in fields) refused.Error.ShouldContain(field);
        Refusal().Count(refused.Error).ShouldBe(fields.Length, refused.Error);
    }

    [Fact]
    public void Every_example_is_tried()
    {
        Assert.SkipWhen(Checkout.Examples is null, "upstream's example manifests are not here; DOVETAIL_REFERENCE names their folder");
        var there = Directory.GetFiles(Checkout.Examples!, "*.yaml").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal);
        IEnumerable<ITheoryDataRow> tried = [.. Instances, .. Machines, .. PriorityClasses, .. Kept, .. Refused];
        tried.Select(row => (string)row.GetData()[0]!).Order(StringComparer.Ordinal).ShouldBe(there);
    }

    private string Adapted(string example)
    {
        Assert.SkipWhen(Checkout.Examples is null, "upstream's example manifests are not here; DOVETAIL_REFERENCE names their folder");
        var manifest = File.ReadAllText(Path.Combine(Checkout.Examples!, example + ".yaml"));
        return ImageName().Replace(manifest, $"image: {fixture.Platform.Image("tiny")}");
    }

    [GeneratedRegex("not supported yet|no matches for kind")]
    private static partial Regex Refusal();

    [GeneratedRegex(@"image: registry:5000/\S+")]
    private static partial Regex ImageName();
}
