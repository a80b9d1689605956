using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>Which parts of the walk to do; they are combined into one pass over the object.</summary>
[Flags]
public enum SchemaPasses
{
    None = 0,

    /// <summary>Drop fields that the schema does not know.</summary>
    Prune = 1,

    /// <summary>Fill in defaults of absent fields, and replace null where the field is not nullable and has a default.</summary>
    Default = 2,

    /// <summary>Check every rule; all errors at once.</summary>
    Validate = 4,

    PruneAndDefault = Prune | Default,

    All = Prune | Default | Validate,
}

/// <summary>What a walk found.</summary>
/// <param name="UnknownFields">Paths of the fields that were dropped (<c>spec.foo</c>, <c>spec.containers[0].foo</c>).</param>
/// <param name="Causes">Every broken rule, with upstream's reasons and messages; empty when the object is valid.</param>
/// <param name="Changed">Whether the object was changed by pruning or defaulting.</param>
public sealed record SchemaReport(IReadOnlyList<string> UnknownFields, IReadOnlyList<StatusCause> Causes, bool Changed)
{
    /// <summary>The shared report of a walk that changed and found nothing.</summary>
    public static SchemaReport Clean { get; } = new([], [], false);

    /// <summary>How upstream words the findings of a strict decoder: <c>unknown field "spec.foo"</c>, as an error (Strict) or a warning (Warn).</summary>
    public static string UnknownFieldMessage(string path) => $"unknown field \"{path}\"";

    public static string DuplicateFieldMessage(string path) => $"duplicate field \"{path}\"";
}
