using System.Text.Json.Nodes;
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
        // Go's decoder passes over the value of a field that it does not know, and does not see that it is given twice.
        if (!write.Resource.Custom && findings.Count > 0 && unknown.Count > 0) findings = [.. findings.Where(finding => !unknown.Any(field => IsWithin(finding, field)))];
        // Unknown fields come first, those that are given twice after them.
        var all = write.Patched is null ? [.. unknown.Select(SchemaReport.UnknownFieldMessage), .. findings] : (string[])[.. findings, .. unknown.Select(SchemaReport.UnknownFieldMessage)];
        if (write.Options.FieldValidation == "Strict") throw NotDecoded(write, $"strict decoding error: {string.Join(", ", all)}");
        write.Warnings.AddRange(all);
    }

    private static bool IsWithin(string finding, string field)
    {
        var duplicate = SchemaReport.DuplicateFieldMessage(field);
        return finding.StartsWith(duplicate.AsSpan(0, duplicate.Length - 1), StringComparison.Ordinal) && finding[duplicate.Length - 1] is ('"' or '.' or '[');
    }

    /// <summary>Refuses what a Go decoder cannot read as the built-in kind, in its words.</summary>
    /// <param name="report">What the schema found; when that is nothing there is nothing to look for.</param>
    /// <exception cref="StatusException">400, or 422 for a patch.</exception>
    public static void RequireTyped(WriteContext write, Schema schema, JsonObject obj, SchemaReport report)
    {
        if (report.Causes.Count == 0) return;
        if (write.Strategic && IllTyped(report) is not null && GoConversion.Fault(schema, obj) is { } unconverted) throw NotDecoded(write, unconverted);
        if ((GoDecoding.Fault(schema, obj) ?? IllTyped(report)) is { } fault) throw NotDecoded(write, fault);
    }

    /// <summary>Every field whose value is of another type; null when there is none.</summary>
    public static string? IllTyped(SchemaReport report) =>
        report.Causes.Any(IsIllTyped) ? string.Join(", ", report.Causes.Where(IsIllTyped).Select(c => $"{c.Field}: {c.Message}")) : null;

    private static bool IsIllTyped(StatusCause cause) => cause.Reason == "FieldValueTypeInvalid";

    /// <summary>The body, or what the patch made of the object, is not of the resource's type.</summary>
    public static StatusException NotDecoded(WriteContext write, string why) => write.Patched is { } patched
        ? Refusals.Invalid("", "", "", [FieldErrors.Invalid("patch", patched(), why)])
        : Refusals.BadRequest($"{write.DecodePrefix}{why}");
}
