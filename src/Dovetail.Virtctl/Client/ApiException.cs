namespace Dovetail.Virtctl.Client;

/// <summary>The API refused, or could not be reached.</summary>
/// <param name="statusCode">HTTP's, 0 when there was no answer.</param>
public sealed class ApiException(int statusCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int StatusCode { get; } = statusCode;
}
