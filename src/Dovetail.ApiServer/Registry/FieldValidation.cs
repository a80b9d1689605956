using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>What becomes of fields that nobody knows or that are given twice: <c>fieldValidation</c> Strict refuses them by name, Warn (the default) warns, Ignore drops them silently.</summary>
internal static class FieldValidation
{
    /// <exception cref="StatusException">400, all names at once.</exception>
    public static void Judge(WriteContext write, IReadOnlyList<string> duplicates, IReadOnlyList<string> unknown)
    {
        if (duplicates.Count + unknown.Count == 0 || write.Options.FieldValidation == "Ignore") return;
        var findings = duplicates.Select(SchemaReport.DuplicateFieldMessage).Concat(unknown.Select(SchemaReport.UnknownFieldMessage));
        if (write.Options.FieldValidation == "Strict") throw Refusals.BadRequest($"{write.DecodePrefix}strict decoding error: {string.Join(", ", findings)}");
        write.Warnings.AddRange(findings);
    }

    /// <exception cref="StatusException">422: a word that is none of the three.</exception>
    public static void RequireKnown(string word)
    {
        if (word is "" or "Strict" or "Warn" or "Ignore") return;
        throw Refusals.Invalid("meta.k8s.io", "CreateOptions", "", [new StatusCause("FieldValueNotSupported", $"Unsupported value: \"{word}\": supported values: \"Ignore\", \"Warn\", \"Strict\"", "fieldValidation")]);
    }
}
