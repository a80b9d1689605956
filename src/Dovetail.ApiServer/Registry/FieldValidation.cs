using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>What becomes of fields that nobody knows or that are given twice: <c>fieldValidation</c> Strict refuses them by name, Warn (the default) warns, Ignore drops them silently.</summary>
internal static class FieldValidation
{
    /// <param name="write">The write that they came with.</param>
    /// <param name="findings">What the decoder found, in its words.</param>
    /// <param name="unknown">Paths of fields that the schema does not know.</param>
    /// <exception cref="StatusException">400, or 422 for a patch; all names at once.</exception>
    public static void Judge(WriteContext write, IReadOnlyList<string> findings, IReadOnlyList<string> unknown)
    {
        if (findings.Count + unknown.Count == 0 || write.Options.FieldValidation == "Ignore") return;
        // Unknown fields come first, those that are given twice after them.
        var all = write.Patched is null ? [.. unknown.Select(SchemaReport.UnknownFieldMessage), .. findings] : (string[])[.. findings, .. unknown.Select(SchemaReport.UnknownFieldMessage)];
        if (write.Options.FieldValidation == "Strict") throw NotDecoded(write, $"strict decoding error: {string.Join(", ", all)}");
        write.Warnings.AddRange(all);
    }

    /// <summary>The body, or what the patch made of the object, is not of the resource's type.</summary>
    public static StatusException NotDecoded(WriteContext write, string why) => write.Patched is { } patched
        ? Refusals.Invalid("", "", "", [FieldErrors.Invalid("patch", patched(), why)])
        : Refusals.BadRequest($"{write.DecodePrefix}{why}");
}
