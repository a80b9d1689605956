using System.Globalization;
using System.Xml.Linq;

namespace Dovetail.Virt.Domain;

/// <summary>The guest's clock at start, and its timers. Without a clock in the spec, libvirt's own choice (UTC).</summary>
internal static class ClockAndTimers
{
    public static XElement Render(DomainInput input)
    {
        if (input.Domain.Clock is not { } asked) return new XElement("clock", new XAttribute("offset", "utc"));
        var clock = asked switch
        {
            { Timezone: { Length: > 0 } zone } => new XElement("clock", new XAttribute("offset", "timezone"), new XAttribute("timezone", zone)),
            { Utc.OffsetSeconds: { } seconds } => new XElement("clock", new XAttribute("offset", "variable"), new XAttribute("adjustment", seconds.ToString(CultureInfo.InvariantCulture)), new XAttribute("basis", "utc")),
            { Utc: not null } => new XElement("clock", new XAttribute("offset", "utc"), new XAttribute("adjustment", "reset")),
            _ => new XElement("clock", new XAttribute("offset", "utc")),
        };
        if (asked.Timer is not { } timers) return clock;
        if (timers.Rtc is { } rtc) clock.Add(Timer("rtc", rtc.Present, rtc.TickPolicy, rtc.Track));
        if (timers.Pit is { } pit) clock.Add(Timer("pit", pit.Present, pit.TickPolicy, null));
        if (timers.Hpet is { } hpet) clock.Add(Timer("hpet", hpet.Present, hpet.TickPolicy, null));
        if (input.Facts.UseKvm && timers.Kvm is { } kvm) clock.Add(Timer("kvmclock", kvm.Present, null, null));
        if (input.Facts.UseKvm && timers.Hyperv is { } hyperv) clock.Add(Timer("hypervclock", hyperv.Present, null, null));
        return clock;
    }

    private static XElement Timer(string name, bool? present, string? tickPolicy, string? track) => new("timer",
        new XAttribute("name", name), new XAttribute("present", present == false ? "no" : "yes"),
        tickPolicy is { Length: > 0 } ? new XAttribute("tickpolicy", tickPolicy) : null, track is { Length: > 0 } ? new XAttribute("track", track) : null);
}
