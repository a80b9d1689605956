using System.Collections.Immutable;

namespace Dovetail.Machinery.Errors;

/// <summary>One cause in a <c>Status</c>: a machine-readable reason (FieldValueInvalid, FieldValueRequired, …), a message and the field's path.</summary>
public sealed record StatusCause(string Reason, string Message, string Field);

/// <summary>A refusal in the API's own shape (<c>metav1.Status</c>): HTTP code, reason, message, details.</summary>
public sealed record ApiStatus
{
    public required int Code { get; init; }

    /// <summary>NotFound, AlreadyExists, Conflict, Invalid, BadRequest, Forbidden, Unauthorized, Expired, Gone, MethodNotAllowed, …</summary>
    public required string Reason { get; init; }

    public required string Message { get; init; }

    /// <summary>details.name, details.group, details.kind (the resource for most reasons, the kind for Invalid), details.uid.</summary>
    public string Name { get; init; } = "";

    public string Group { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Uid { get; init; } = "";

    public ImmutableArray<StatusCause> Causes { get; init; } = [];

    public int? RetryAfterSeconds { get; init; }

    /// <summary>Clients see <c>details</c> even when there is nothing in them; kubectl looks into those of a NotFound without asking whether there are any.</summary>
    public bool HasDetails { get; init; }

    /// <summary>metadata.continue: how a list whose token has expired can go on (410 Expired); "" otherwise.</summary>
    public string Continue { get; init; } = "";
}

/// <summary>Thrown where a request is refused; mapped once to HTTP by the front, and once to callers of the seam.</summary>
public sealed class StatusException(ApiStatus status) : Exception(status.Message)
{
    public ApiStatus Status { get; } = status;

    /// <summary>What is doubtful about the request besides; sent as <c>Warning</c> headers with the refusal, as they are with a success.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}
