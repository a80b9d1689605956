using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Patch;

/// <summary>Refusals of patches in upstream's shapes.</summary>
internal static class PatchErrors
{
    /// <summary>400: the patch cannot be read, or does not fit the object's type.</summary>
    public static StatusException BadRequest(string message) =>
        new(new ApiStatus { Code = 400, Reason = "BadRequest", Message = message });

    /// <summary>422: a JSON patch that is well formed but cannot be applied to this object. Upstream keeps to itself what did not fit.</summary>
    public static StatusException DoesNotApply() =>
        new(new ApiStatus { Code = 422, Reason = "Invalid", Message = "the server rejected our request due to an error in our request" });

    /// <summary>500 without a reason: what upstream's strategic merge says when patch and object do not have the shapes that it expects.</summary>
    public static StatusException Unfitting(string message) => new(new ApiStatus { Code = 500, Reason = "", Message = message });

    public static StatusException UnsupportedMediaType(IEnumerable<string> accepted) =>
        new(new ApiStatus
        {
            Code = 415,
            Reason = "UnsupportedMediaType",
            Message = $"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", accepted)}",
        });

    public static StatusException TooLarge(string message) =>
        new(new ApiStatus { Code = 413, Reason = "RequestEntityTooLarge", Message = message });

    /// <summary>A JSON value's kind in the words of Go's decoder.</summary>
    public static string GoKind(JsonNode? value) => (value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
    };
}
