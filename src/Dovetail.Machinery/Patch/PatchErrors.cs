using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Patch;

/// <summary>Refusals of patches in upstream's shapes.</summary>
internal static class PatchErrors
{
    /// <summary>400: the patch cannot be read, or does not fit the object's type.</summary>
    public static StatusException BadRequest(string message) =>
        new(new ApiStatus { Code = 400, Reason = "BadRequest", Message = message });

    /// <summary>422 with reason Invalid: a JSON patch that is well formed but cannot be applied to this object (a failed test among them).</summary>
    public static StatusException Unprocessable(string message) =>
        new(new ApiStatus
        {
            Code = 422,
            Reason = "Invalid",
            Message = message.Length == 0 ? "the server rejected our request due to an error in our request" : message,
        });

    public static StatusException UnsupportedMediaType(IEnumerable<string> accepted) =>
        new(new ApiStatus
        {
            Code = 415,
            Reason = "UnsupportedMediaType",
            Message = $"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", accepted)}",
        });

    public static StatusException TooLarge(string message) =>
        new(new ApiStatus { Code = 413, Reason = "RequestEntityTooLarge", Message = message });
}
