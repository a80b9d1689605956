namespace Dovetail.Cli.Why;

/// <summary>What is wrong with the platform's own parts, as far as it holds a guest up.</summary>
internal static class EngineCauses
{
    /// <summary>Clocks that differ by more make back-offs, heartbeats and certificates wrong.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    /// <summary>A part that has fewer ready copies than it should: null when it is well, or nothing is known of it.</summary>
    public static Cause? Part(WhyFacts f, string name)
    {
        if (f.Components.FirstOrDefault(part => part.Name == name) is not { } part || part.Ready >= Math.Max(1, part.Wanted)) return null;
        return Cause.Blocked(
            WhyFacts.Describe(part.Kind, part.Namespace, part.Name),
            "ComponentNotReady",
            $"{part.Ready} of {part.Wanted} copies of {name} are ready, so nothing that it does for virtual machines goes on.",
            $"kubectl -n {part.Namespace} describe {part.Kind.ToLowerInvariant()} {name}; on a platform of one machine: dovetail status, then dovetail up");
    }

    public static IEnumerable<Cause> All(WhyFacts f)
    {
        foreach (var name in new[] { "virt-controller", "virt-handler" })
            if (Part(f, name) is { } cause)
                yield return cause;
        if (f.ServerAhead.Duration() > Skew)
            yield return Cause.Note(
                "Clock",
                "ClockSkew",
                $"the API server's clock is {WhyFacts.Span(f.ServerAhead.Duration())} {(f.ServerAhead > TimeSpan.Zero ? "ahead of" : "behind")} this machine's: ages, back-offs and certificates look wrong.",
                "set both clocks by NTP (timedatectl set-ntp true)");
        foreach (var what in f.Unreadable)
            yield return Cause.Note(what, "Forbidden", "you may not read this, so what it may hold up is not known here.", "ask an administrator to run the same command");
    }
}
