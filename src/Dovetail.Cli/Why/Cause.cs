using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Dovetail.Cli.Why;

/// <summary>How an object stands to what is asked of it, from well to bad.</summary>
internal enum Standing
{
    AsAsked,

    /// <summary>As asked, with something that its owner would want to know.</summary>
    Note,

    /// <summary>On its way: time alone brings it there.</summary>
    Waits,

    /// <summary>It stays so until somebody does something.</summary>
    Blocked,
}

/// <summary>One link of a cause chain: an object, the rule that holds it, and what lies behind.</summary>
/// <param name="Object">Kind, namespace and name: <c>Pod demo/virt-launcher-web-x</c>, <c>Node one</c>.</param>
/// <param name="Reason">One word for programs, Kubernetes' own where it has one.</param>
/// <param name="Message">A sentence about the object.</param>
/// <param name="NextStep">What its reader can do; null: nothing, or what a deeper cause says.</param>
/// <param name="Because">What it rests on.</param>
internal sealed record Cause(string Object, Standing Standing, string Reason, string Message, string? NextStep, ImmutableArray<Cause> Because)
{
    public static Cause AsAsked(string about, string reason, string message, string? next = null, IEnumerable<Cause>? because = null) => new(about, Standing.AsAsked, reason, message, next, [.. because ?? []]);

    public static Cause Note(string about, string reason, string message, string? next = null) => new(about, Standing.Note, reason, message, next, []);

    public static Cause Waits(string about, string reason, string message, string? next = null, IEnumerable<Cause>? because = null) => new(about, Standing.Waits, reason, message, next, [.. because ?? []]);

    public static Cause Blocked(string about, string reason, string message, string? next = null, IEnumerable<Cause>? because = null) => new(about, Standing.Blocked, reason, message, next, [.. because ?? []]);

    /// <summary>The worst of the tree.</summary>
    public Standing Worst => Because.IsEmpty ? Standing : (Standing)Math.Max((int)Standing, (int)Because.Max(cause => cause.Worst));

    public IEnumerable<Cause> All() => Because.SelectMany(cause => cause.All()).Prepend(this);

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["object"] = Object, ["standing"] = Standing.ToString(), ["reason"] = Reason, ["message"] = Message };
        if (NextStep is not null) json["nextStep"] = NextStep;
        if (!Because.IsEmpty) json["because"] = new JsonArray([.. Because.Select(cause => cause.ToJson())]);
        return json;
    }
}
