using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;
using Dovetail.Virt.Domain;

namespace Dovetail.Virt.Tests.Domain;

/// <summary>Each folder under <c>Golden</c> is a scenario: a VMI, its domain and the steps that make its disks. DOVETAIL_UPDATE_GOLDENS=1 writes what is rendered now.</summary>
public sealed class DomainGoldenTests
{
    public static TheoryData<string> Scenarios => [.. Directory.EnumerateDirectories(GoldenFolder()).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A_VMI_renders_as_its_golden_domain(string scenario)
    {
        var vmi = Read(scenario);
        Check(scenario, "domain.xml", DomainRenderer.Render(vmi, FactsOf(vmi, scenario)));
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A_VMI_has_its_golden_prepare_steps(string scenario)
    {
        var vmi = Read(scenario);
        var cloudInit = (vmi.Spec!.Volumes ?? []).Where(v => v.CloudInitNoCloud is not null || v.CloudInitConfigDrive is not null)
            .ToDictionary(v => v.Name!, v => CloudInit.Inline((ICloudInitSource?)v.CloudInitNoCloud ?? v.CloudInitConfigDrive!));
        var text = new StringBuilder();
        foreach (var step in GuestVolumes.Plan(vmi, FactsOf(vmi, scenario), cloudInit))
        {
            text.AppendLine(step switch
            {
                PrepareStep.Overlay s => $"overlay {s.Path} over {s.Base}",
                PrepareStep.EmptyImage s => $"empty {s.Path} {s.Bytes} bytes",
                PrepareStep.Copy s => $"copy {s.Path} from {s.From}",
                PrepareStep.Iso s => $"iso {s.Path} {s.Label}{string.Concat(s.Files.Select(f => $"\n  {f.Path}: {Encoding.UTF8.GetString(f.Content).ReplaceLineEndings("\\n")}"))}",
                _ => throw new InvalidOperationException(),
            });
        }

        Check(scenario, "prepare.txt", text.ToString());
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Every_field_of_the_scenarios_is_listed_as_supported(string scenario)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenFolder(), scenario, "vmi.json")));
        PathsOf(json.RootElement.GetProperty("spec"), "").Where(p => !SupportedFields.IsSupported(p)).ShouldBeEmpty();
    }

    [Fact]
    public void Fields_that_do_nothing_are_not_listed_as_supported()
    {
        string[] unsupported = ["domain.devices.tpm", "domain.devices.disks[].lun.bus", "domain.devices.interfaces[].bridge", "volumes[].persistentVolumeClaim.claimName", "accessCredentials", "domain.cpu.maxSockets", "domain.memory.hugepages.pageSize"];
        unsupported.Where(SupportedFields.IsSupported).ShouldBeEmpty();
        SupportedFields.IsSupported("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution").ShouldBeTrue();
        SupportedFields.IsSupported("nodeSelector.kubernetes.io/hostname").ShouldBeTrue();
    }

    internal static VirtualMachineInstance Read(string scenario) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(GoldenFolder(), scenario, "vmi.json")), KubeVirtTypes.VirtualMachineInstances.Json)!;

    private static DomainFacts FactsOf(VirtualMachineInstance vmi, string scenario) => new()
    {
        UseKvm = scenario.StartsWith("kvm-", StringComparison.Ordinal),
        Interfaces = [.. (vmi.Spec!.Domain!.Devices!.Interfaces ?? []).Select(i => new InterfaceFacts(i.Name!, "tap0", GuestIdentity.Mac(vmi, i)))],
    };

    private static IEnumerable<string> PathsOf(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Array) return value.EnumerateArray().SelectMany(v => PathsOf(v, path + "[]"));
        if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any()) return value.EnumerateObject().SelectMany(p => PathsOf(p.Value, path.Length == 0 ? p.Name : $"{path}.{p.Name}"));
        return [path];
    }

    private static void Check(string scenario, string file, string actual)
    {
        var path = Path.Combine(GoldenFolder(), scenario, file);
        if (Environment.GetEnvironmentVariable("DOVETAIL_UPDATE_GOLDENS") == "1") File.WriteAllText(path, actual.TrimEnd() + "\n");
        (actual.TrimEnd() + "\n").ShouldBe(File.ReadAllText(path));
    }

    private static string GoldenFolder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}
