using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtApi.Admission;

/// <summary>
/// What upstream's mutating webhook fills in when a VirtualMachineInstance is created (kubevirt.io/v1, <c>pkg/defaults</c>). One difference: where no interface is asked for, the pod
/// network is attached by masquerade, as a cluster with <c>defaultNetworkInterface: masquerade</c> does.
/// </summary>
internal static class InstanceDefaults
{
    public const string Architecture = "amd64";
    public const string MachineType = "q35";

    public static void Complete(JsonObject instance, Func<Guid> newGuid)
    {
        if (instance.Ensure("spec") is not { } spec || spec.Ensure("domain") is not { } domain) return;
        spec.Default("architecture", Architecture);
        domain.Ensure("machine").Default("type", MachineType);
        domain.Ensure("firmware").Default("uuid", newGuid().ToString());
        CompleteMemory(domain);
        CompleteCpu(domain);
        CompleteFeatures(domain);
        CompleteDisks(spec, domain);
        CompleteNetworks(spec, domain);
        CompleteImages(spec);
        StartStatus(instance, domain);
    }

    /// <summary>The VM's own template: only what must stay the same over all its starts.</summary>
    public static void CompleteTemplate(JsonObject machine, JsonObject? old, Func<Guid> newGuid)
    {
        if (machine.Object("spec").Object("template").Ensure("spec") is not { } spec || spec.Ensure("domain") is not { } domain) return;
        spec.Default("architecture", Architecture);
        domain.Ensure("machine").Default("type", MachineType);
        var kept = old.Object("spec").Object("template").Object("spec").Object("domain").Object("firmware");
        var firmware = domain.Ensure("firmware");
        foreach (var identity in new[] { "uuid", "serial" })
        {
            // A manifest that is applied again does not name what was generated: the machine keeps its identity.
            if (kept.Text(identity) is { } present) firmware.Default(identity, present);
            else if (old is null) firmware.Default(identity, newGuid().ToString());
        }
    }

    private static void CompleteMemory(JsonObject domain)
    {
        if (domain.Object("memory")?["guest"] is not null) return;
        var resources = domain.Object("resources");
        var asked = resources.Object("requests")?["memory"] ?? resources.Object("limits")?["memory"];
        if (asked is not null) domain.Ensure("memory").Default("guest", asked.DeepClone());
    }

    private static void CompleteCpu(JsonObject domain)
    {
        var cpu = domain.Ensure("cpu");
        if (cpu is null) return;
        // Zero is what a client that knows no absent numbers sends for one.
        foreach (var count in new[] { "sockets", "cores", "threads" })
        {
            if (cpu[count] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.ToString() == "0") cpu.Remove(count);
        }

        if (cpu["sockets"] is null && cpu["cores"] is null && cpu["threads"] is null)
        {
            var resources = domain.Object("resources");
            var asked = resources.Object("limits")?["cpu"] ?? resources.Object("requests")?["cpu"];
            cpu["sockets"] = asked is null ? 1 : Math.Clamp(Amounts.CeilingOf(asked) ?? 1, 1, uint.MaxValue);
        }

        cpu.Default("sockets", 1);
        cpu.Default("cores", 1);
        cpu.Default("threads", 1);
        cpu.Default("model", "host-model");
    }

    /// <summary>A feature that is named is on, unless it says otherwise.</summary>
    private static void CompleteFeatures(JsonObject domain)
    {
        if (domain.Object("features") is not { } features) return;
        foreach (var (name, feature) in features)
        {
            if (feature is not JsonObject named || name is "kvm") continue;
            if (name is "hyperv")
            {
                foreach (var enlightenment in named.Select(p => p.Value).OfType<JsonObject>()) enlightenment.Default("enabled", true);
            }
            else
            {
                named.Default("enabled", true);
            }
        }
    }

    private static void CompleteDisks(JsonObject spec, JsonObject domain)
    {
        if (domain.Ensure("devices") is not { } devices) return;
        var named = devices.Objects("disks").Select(d => d.Text("name")).ToHashSet(StringComparer.Ordinal);
        foreach (var volume in spec.Objects("volumes").ToArray())
        {
            if (volume.Text("name") is { } name && !named.Contains(name)) devices.EnsureArray("disks")?.Add((JsonNode)new JsonObject { ["name"] = name, ["disk"] = new JsonObject() });
        }

        foreach (var disk in devices.Objects("disks"))
        {
            if (disk["disk"] is null && disk["cdrom"] is null && disk["lun"] is null) disk["disk"] = new JsonObject();
            disk.Object("disk").Default("bus", "sata");
            disk.Object("cdrom").Default("bus", "sata");
            disk.Object("cdrom").Default("tray", "closed");
            disk.Object("cdrom").Default("readonly", true);
        }

        devices.Object("watchdog").Object("i6300esb").Default("action", "reset");
        foreach (var input in devices.Objects("inputs"))
        {
            input.Default("bus", "usb");
            input.Default("type", "tablet");
        }
    }

    private static void CompleteNetworks(JsonObject spec, JsonObject domain)
    {
        if (domain.Object("devices") is not { } devices) return;
        if (!devices.Objects("interfaces").Any() && !spec.Objects("networks").Any() && !devices.IsFalse("autoattachPodInterface"))
        {
            devices.EnsureArray("interfaces")?.Add((JsonNode)new JsonObject { ["name"] = "default", ["masquerade"] = new JsonObject() });
            spec.EnsureArray("networks")?.Add((JsonNode)new JsonObject { ["name"] = "default", ["pod"] = new JsonObject() });
        }

        foreach (var nic in devices.Objects("interfaces"))
        {
            nic.Default("model", "virtio");
            foreach (var port in nic.Objects("ports")) port.Default("protocol", "TCP");
        }
    }

    private static void CompleteImages(JsonObject spec)
    {
        foreach (var disk in spec.Objects("volumes").Select(v => v.Object("containerDisk")).OfType<JsonObject>())
        {
            if (disk.Text("image") is not { } image) continue;
            var tag = image[(image.LastIndexOf('/') + 1)..];
            var moving = !image.Contains('@', StringComparison.Ordinal) && (!tag.Contains(':', StringComparison.Ordinal) || tag.EndsWith(":latest", StringComparison.Ordinal));
            disk.Default("imagePullPolicy", moving ? "Always" : "IfNotPresent");
        }
    }

    private static void StartStatus(JsonObject instance, JsonObject domain)
    {
        var status = new JsonObject { ["phase"] = VmiPhases.Pending };
        if (domain.Object("memory")?["guest"] is { } guest)
            status["memory"] = new JsonObject { ["guestAtBoot"] = guest.DeepClone(), ["guestCurrent"] = guest.DeepClone(), ["guestRequested"] = guest.DeepClone() };
        if (domain.Object("cpu") is { } cpu)
            status["currentCPUTopology"] = new JsonObject { ["sockets"] = cpu["sockets"]?.DeepClone(), ["cores"] = cpu["cores"]?.DeepClone(), ["threads"] = cpu["threads"]?.DeepClone() };
        instance["status"] = status;
        var finalizers = instance.Ensure("metadata").EnsureArray("finalizers");
        if (finalizers is not null && !finalizers.Any(f => f is JsonValue v && v.TryGetValue<string>(out var text) && text == KubeVirtFinalizers.VmiForegroundDelete))
            finalizers.Add((JsonNode)KubeVirtFinalizers.VmiForegroundDelete);
    }
}
