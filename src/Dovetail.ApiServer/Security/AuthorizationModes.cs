using System.Collections.Immutable;

namespace Dovetail.ApiServer.Security;

/// <summary>Who is asked whether a user may do something, by upstream's names (<c>--authorization-mode</c>). The first yes counts, and none of those that are here says no, so their order means nothing.</summary>
public sealed record AuthorizationModes
{
    private AuthorizationModes(IReadOnlyCollection<string> names) =>
        (Node, Rbac, AlwaysAllow) = (names.Contains(nameof(Node)), names.Contains("RBAC"), names.Contains(nameof(AlwaysAllow)));

    /// <summary>Node,RBAC</summary>
    public static AuthorizationModes Default { get; } = Parse("Node,RBAC");

    /// <summary>Nodes may do what their pods need.</summary>
    public bool Node { get; }

    /// <summary>Everybody may do what roles give.</summary>
    public bool Rbac { get; }

    /// <summary>Everybody may do everything.</summary>
    public bool AlwaysAllow { get; }

    /// <exception cref="FormatException">A mode is unknown, given twice, or there is none.</exception>
    public static AuthorizationModes Parse(string modes)
    {
        ImmutableArray<string> names = [.. modes.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        if (names.IsEmpty) throw new FormatException("at least one authorization mode must be passed");
        foreach (var name in names)
        {
            if (name is "Webhook" or "ABAC") throw new FormatException($"authorization mode \"{name}\" does not exist here");
            if (name is not ("Node" or "RBAC" or "AlwaysAllow" or "AlwaysDeny")) throw new FormatException($"authorization mode \"{name}\" is unknown");
        }

        return names.Distinct().Count() == names.Length ? new(names) : throw new FormatException($"authorization modes \"{modes}\" name one twice");
    }
}
