using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Virt.VirtHandler.Rest;

/// <summary>Refusals as <c>metav1.Status</c>.</summary>
internal static class Problem
{
    public static async Task WriteAsync(HttpContext context, int code, string reason, string message)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("kind"u8, "Status"u8);
        json.WriteString("apiVersion"u8, "v1"u8);
        json.WriteString("status"u8, "Failure"u8);
        json.WriteString("message"u8, message);
        json.WriteString("reason"u8, reason);
        json.WriteNumber("code"u8, code);
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }
}
