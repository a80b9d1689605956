using System.Collections.Immutable;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;

namespace Dovetail.Virt.Domain;

/// <summary>Where the data of a volume is, inside the sandbox.</summary>
internal readonly record struct VolumeSource(string Path, string Format);

/// <summary>The files behind a guest's volumes, and the steps that make them.</summary>
public static class GuestVolumes
{
    internal static Volume Find(VirtualMachineInstanceSpec spec, string name) =>
        spec.Volumes?.FirstOrDefault(v => v.Name == name) ?? throw new ArgumentException($"the disk {name} has no volume; admission refuses that");

    internal static VolumeSource SourceOf(VirtualMachineInstance vmi, Volume volume) => volume switch
    {
        { ContainerDisk: not null } or { EmptyDisk: not null } => new(SandboxLayout.Overlay(volume.Name!), "qcow2"),
        { CloudInitNoCloud: not null } => new(CloudInitIso(vmi, "noCloud.iso"), "raw"),
        { CloudInitConfigDrive: not null } => new(CloudInitIso(vmi, "configdrive.iso"), "raw"),
        _ => throw new ArgumentException($"the volume {volume.Name} has a source that is not supported; admission refuses that"),
    };

    /// <summary>What the launcher has to make before the domain starts, in the order of the spec.</summary>
    /// <param name="vmi">The VMI.</param>
    /// <param name="facts">Of the node.</param>
    /// <param name="cloudInit">The user's cloud-init data, with that from Secrets put in, by volume; a cloud-init volume that is not in here has none.</param>
    public static ImmutableArray<PrepareStep> Plan(VirtualMachineInstance vmi, DomainFacts facts, IReadOnlyDictionary<string, CloudInitData> cloudInit)
    {
        var steps = ImmutableArray.CreateBuilder<PrepareStep>();
        var volumes = vmi.Spec!.Volumes ?? [];
        for (var i = 0; i < volumes.Count; i++)
        {
            var volume = volumes[i];
            var path = SourceOf(vmi, volume).Path;
            var data = cloudInit.GetValueOrDefault(volume.Name!) ?? new CloudInitData(null, null);
            steps.Add(volume switch
            {
                { ContainerDisk: not null } => new PrepareStep.Overlay(path, SandboxLayout.ContainerDisk(i)),
                { EmptyDisk: { } empty } => new PrepareStep.EmptyImage(path, empty.Capacity!.ToInt64()),
                { CloudInitNoCloud: not null } => new PrepareStep.Iso(path, CloudInit.NoCloudLabel, CloudInit.NoCloud(vmi, data)),
                _ => new PrepareStep.Iso(path, CloudInit.ConfigDriveLabel, CloudInit.ConfigDrive(vmi, data)),
            });
        }

        var input = new DomainInput(vmi, facts);
        if (input.UsesEfi) steps.Add(new PrepareStep.Copy(SandboxLayout.Nvram(vmi.Metadata.Name), OperatingSystem.VariablesTemplate(input)));
        return steps.ToImmutable();
    }

    private static string CloudInitIso(VirtualMachineInstance vmi, string file) => SandboxLayout.CloudInitIso(vmi.Metadata.NamespaceProperty, vmi.Metadata.Name, file);
}
