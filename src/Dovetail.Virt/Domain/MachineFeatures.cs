using System.Globalization;
using System.Xml.Linq;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.Domain;

/// <summary>ACPI, APIC, SMM, KVM and Hyper-V features. Those of KVM and Hyper-V need KVM: an emulated CPU has none of them.</summary>
internal static class MachineFeatures
{
    private const int DefaultSpinlockRetries = 4096;

    public static XElement Render(DomainInput input)
    {
        var asked = input.Domain.Features;
        var features = new XElement("features");
        if (IsOn(asked?.Acpi, absent: true)) features.Add(new XElement("acpi"));
        if (asked?.Apic?.Enabled != false) features.Add(Apic(asked?.Apic));
        features.Add(new XElement("vmport", new XAttribute("state", "off")));
        if (input.SecureBoot) features.Add(new XElement("smm", new XAttribute("state", "on")));
        else if (asked?.Smm is { } smm) features.Add(State("smm", smm.Enabled));
        if (!input.Facts.UseKvm) return features;

        if (asked?.Pvspinlock is { } pvspinlock) features.Add(State("pvspinlock", pvspinlock.Enabled));
        if (asked?.Kvm?.Hidden is { } hidden) features.Add(new XElement("kvm", State("hidden", hidden)));
        if (asked?.Hyperv is { } hyperv) features.Add(HyperV(hyperv));
        return features;
    }

    private static XElement Apic(FeatureAPIC? asked) => new("apic", asked?.EndOfInterrupt is { } eoi ? new XAttribute("eoi", eoi ? "on" : "off") : null);

    private static XElement HyperV(FeatureHyperv asked) => new("hyperv",
        Optional("relaxed", asked.Relaxed), Optional("vapic", asked.Vapic), Spinlocks(asked.Spinlocks), Optional("vpindex", asked.Vpindex), Optional("runtime", asked.Runtime),
        Optional("synic", asked.Synic), asked.Synictimer is { } timer ? State("stimer", timer.Enabled) : null, Optional("reset", asked.Reset), VendorId(asked.Vendorid),
        Optional("frequencies", asked.Frequencies), Optional("reenlightenment", asked.Reenlightenment), asked.Tlbflush is { } flush ? State("tlbflush", flush.Enabled) : null, Optional("ipi", asked.Ipi));

    private static XElement? Spinlocks(FeatureSpinlocks? asked)
    {
        if (asked is null) return null;
        var element = State("spinlocks", asked.Enabled);
        if (asked.Enabled != false) element.SetAttributeValue("retries", (asked.Spinlocks ?? DefaultSpinlockRetries).ToString(CultureInfo.InvariantCulture));
        return element;
    }

    private static XElement? VendorId(FeatureVendorID? asked)
    {
        if (asked is null) return null;
        var element = State("vendor_id", asked.Enabled);
        if (asked.Vendorid is { Length: > 0 } id) element.SetAttributeValue("value", id);
        return element;
    }

    private static XElement? Optional(string name, FeatureState? asked) => asked is null ? null : State(name, asked.Enabled);

    private static XElement State(string name, bool? enabled) => new(name, new XAttribute("state", enabled == false ? "off" : "on"));

    private static bool IsOn(FeatureState? asked, bool absent) => asked is null ? absent : asked.Enabled != false;
}
