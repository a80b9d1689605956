using System.Globalization;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Nodes;

/// <summary>What a kubelet's refusal of a log becomes (apimachinery, <c>NewGenericServerResponse</c>).</summary>
internal static class KubeletRefusal
{
    private const int LongestText = 2048;

    public static async Task<StatusException> OfAsync(HttpResponseMessage answer, string pod, CancellationToken ct)
    {
        var code = (int)answer.StatusCode;
        var text = await answer.Content.ReadAsStringAsync(ct);
        if (text.Length > LongestText) text = text[..LongestText];
        var (reason, message) = code switch
        {
            400 => ("BadRequest", text.Length > 0 ? text : "the server rejected our request for an unknown reason"),
            401 => ("Unauthorized", "the server has asked for the client to provide credentials"),
            403 => ("Forbidden", text.Length > 0 ? text : "the server does not allow access to the requested resource"),
            404 => ("NotFound", "the server could not find the requested resource"),
            503 => ("ServiceUnavailable", text.Length > 0 ? text : "the server is currently unable to handle the request"),
            >= 500 => ("InternalError", string.Create(CultureInfo.InvariantCulture, $"an error on the server (\"{text}\") has prevented the request from succeeding")),
            _ => ("", string.Create(CultureInfo.InvariantCulture, $"the server responded with the status code {code} but did not return more information")),
        };
        var unexpected = text.Length > 0 ? new[] { new StatusCause("UnexpectedServerResponse", text, "") } : [];
        return new(new ApiStatus { Code = code, Reason = reason, Message = code is 400 ? message : $"{message} ( pods/log {pod})", Name = pod, Kind = "pods/log", Causes = [.. unexpected] });
    }
}
