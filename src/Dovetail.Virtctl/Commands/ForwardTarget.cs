namespace Dovetail.Virtctl.Commands;

/// <summary>What <c>type/name[/namespace]</c> names.</summary>
/// <param name="Kind">vm or vmi.</param>
/// <param name="Namespace">Empty when none is named.</param>
internal sealed record ForwardTarget(string Kind, string Name, string Namespace)
{
    public string Resource => Kind == "vm" ? "virtualmachines" : "virtualmachineinstances";

    /// <exception cref="VirtctlException">In upstream's words.</exception>
    public static ForwardTarget Parse(string target)
    {
        if (target.Length == 0) throw new VirtctlException("target cannot be empty");
        var parts = target.Split('/');
        if (parts.Length == 1) throw new VirtctlException("target must contain type and name separated by '/'");
        if (parts.Length > 3) throw new VirtctlException("target is not valid with more than two '/'");
        if (parts is [_, _, ""]) throw new VirtctlException("namespace cannot be empty");
        var kind = parts[0].ToLowerInvariant() switch
        {
            "vm" or "vms" or "virtualmachine" or "virtualmachines" => "vm",
            "vmi" or "vmis" or "virtualmachineinstance" or "virtualmachineinstances" => "vmi",
            _ => throw new VirtctlException($"unsupported resource type '{parts[0]}'"),
        };
        return parts[1].Length == 0 ? throw new VirtctlException("name cannot be empty") : new(kind, parts[1], parts.Length == 3 ? parts[2] : "");
    }
}
