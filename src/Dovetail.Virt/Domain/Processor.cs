using System.Xml.Linq;

namespace Dovetail.Virt.Domain;

/// <summary>CPU model, topology and features.</summary>
internal static class Processor
{
    /// <summary>A model that QEMU emulates completely and that current distributions boot on.</summary>
    private const string EmulatedModel = "Nehalem";

    public static XElement Render(DomainInput input)
    {
        var (sockets, cores, threads) = input.Cpus;
        var topology = new XElement("topology", new XAttribute("sockets", sockets), new XAttribute("cores", cores), new XAttribute("threads", threads));
        var features = (input.Domain.Cpu?.Features ?? []).Select(f => new XElement("feature", new XAttribute("policy", f.Policy is { Length: > 0 } policy ? policy : "require"), new XAttribute("name", f.Name!)));
        var model = input.Domain.Cpu?.Model;
        var isHostModel = string.IsNullOrEmpty(model) || model == "host-model";
        if (input.Facts.UseKvm && isHostModel) return new XElement("cpu", new XAttribute("mode", "host-model"), topology, features);
        if (input.Facts.UseKvm && model == "host-passthrough") return new XElement("cpu", new XAttribute("mode", "host-passthrough"), topology, features);

        // Emulation has no host CPU to follow. What QEMU cannot emulate of a named model is left out by it (check none) instead of failing the start.
        var name = isHostModel || model == "host-passthrough" ? EmulatedModel : model!;
        var check = input.Facts.UseKvm ? null : new XAttribute("check", "none");
        return new XElement("cpu", new XAttribute("mode", "custom"), new XAttribute("match", "exact"), check,
            new XElement("model", new XAttribute("fallback", input.Facts.UseKvm ? "forbid" : "allow"), name), topology, features);
    }
}
