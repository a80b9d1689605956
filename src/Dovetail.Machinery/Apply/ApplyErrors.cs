using System.Globalization;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Apply;

/// <summary>Refusals of server-side apply in upstream's shapes.</summary>
internal static class ApplyErrors
{
    public static StatusException BadRequest(string message) => new(new ApiStatus { Code = 400, Reason = "BadRequest", Message = message });

    /// <summary>Upstream answers 500 without a reason here: the configuration does not fit the type.</summary>
    public static StatusException NotTyped(string what, IReadOnlyList<string> problems) =>
        new(new ApiStatus
        {
            Code = 500,
            Reason = "",
            Message = $"failed to create typed patch object ({what}): {(problems.Count == 1 ? problems[0] : "errors:\n  " + string.Join("\n  ", problems))}",
        });

    /// <summary>409 with one cause (<c>FieldManagerConflict</c>) for every field that another manager owns with another value.</summary>
    public static StatusException Conflict(IReadOnlyList<(ManagedFieldsEntry Owner, FieldSet Fields)> conflicts)
    {
        var fields = conflicts
            .Select(conflict => (Manager: conflict.Owner.ToString(), conflict.Fields))
            .OrderBy(conflict => conflict.Manager, StringComparer.Ordinal)
            .SelectMany(conflict => conflict.Fields.Paths().Select(path => (conflict.Manager, Path: PathElement.Display(path))))
            .ToList();
        var message = fields.Count == 1
            ? $"Apply failed with 1 conflict: conflict with {fields[0].Manager}: {fields[0].Path}"
            : string.Create(CultureInfo.InvariantCulture, $"Apply failed with {fields.Count} conflicts: ") + string.Join(
                "\n",
                fields.GroupBy(field => field.Manager).Select(group => $"conflicts with {group.Key}:\n" + string.Join("\n", group.Select(field => "- " + field.Path))));
        return new StatusException(new ApiStatus
        {
            Code = 409,
            Reason = "Conflict",
            Message = message,
            Causes = [.. fields.Select(field => new StatusCause("FieldManagerConflict", "conflict with " + field.Manager, field.Path))],
        });
    }
}
