using System.Globalization;
using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>What the query of a write may say (apimachinery, <c>ValidateCreateOptions</c> and its siblings); everything that is wrong at once, as a 422.</summary>
internal static class WriteOptionsRules
{
    private const int MaxFieldManager = 128;

    /// <param name="query">The request's parameters.</param>
    /// <param name="kind"><c>CreateOptions</c> or <c>UpdateOptions</c>.</param>
    public static void Require(IQueryCollection query, string kind) => Require(query, kind, []);

    public static void RequirePatch(IQueryCollection query, bool apply)
    {
        List<StatusCause> causes = [];
        if (!apply && query.ContainsKey("force")) causes.Add(FieldErrors.Forbidden("force", "may not be specified for non-apply patch"));
        if (apply && QueryOptions.Text(query, "fieldManager").Length == 0) causes.Add(FieldErrors.Required("fieldManager", "is required for apply patch"));
        Require(query, "PatchOptions", causes);
    }

    private static void Require(IQueryCollection query, string kind, List<StatusCause> causes)
    {
        FieldManager(QueryOptions.Text(query, "fieldManager"), causes);
        if (QueryOptions.InvalidDryRun(query["dryRun"]) is { } invalid) causes.Add(invalid);
        if (QueryOptions.Text(query, "fieldValidation") is var validation && validation is not ("" or "Strict" or "Warn" or "Ignore"))
            causes.Add(FieldErrors.NotSupported("fieldValidation", validation, ["", "Ignore", "Strict", "Warn"]));
        if (causes.Count > 0) throw Refusals.Invalid("meta.k8s.io", kind, "", causes);
    }

    private static void FieldManager(string name, List<StatusCause> causes)
    {
        if (Encoding.UTF8.GetByteCount(name) > MaxFieldManager) causes.Add(FieldErrors.TooLong("fieldManager", MaxFieldManager));
        var position = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate
                || (Rune.IsWhiteSpace(rune) && rune.Value != ' '))
                causes.Add(FieldErrors.Invalid("fieldManager", name, string.Create(CultureInfo.InvariantCulture, $"invalid character U+{rune.Value:X4} (at position {position})")));
            position += rune.Utf8SequenceLength;
        }
    }
}
