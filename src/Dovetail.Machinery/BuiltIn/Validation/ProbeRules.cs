using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Probes and lifecycle hooks.</summary>
internal static class ProbeRules
{
    public static void Check(FieldScope probe, string kind, long? grace)
    {
        CheckHandler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], grace);
        foreach (var field in (ReadOnlySpan<string>)["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"])
            probe.NotNegative(field);
        probe.Positive("terminationGracePeriodSeconds");
        if (kind != "readinessProbe" && probe.Number("successThreshold") != 1)
            probe.Invalid("successThreshold", "must be 1");
        if (kind == "readinessProbe" && probe.Has("terminationGracePeriodSeconds"))
            probe.Invalid("terminationGracePeriodSeconds", "must not be set for readinessProbes");
    }

    /// <param name="lifecycle">The hooks.</param>
    /// <param name="grace">Seconds that the pod has to end.</param>
    public static void CheckLifecycle(FieldScope lifecycle, long? grace)
    {
        foreach (var hook in (ReadOnlySpan<string>)["postStart", "preStop"])
        {
            if (lifecycle.Child(hook) is { } handler)
                CheckHandler(handler, ["exec", "httpGet", "tcpSocket", "sleep"], grace);
        }
    }

    /// <summary>A number, or the name of a port.</summary>
    public static void CheckPort(FieldScope action)
    {
        if (action.Object["port"] is JsonValue value && value.TryGetValue(out string? name))
        {
            foreach (var wrong in NameForms.PortName(name))
                action.Invalid("port", wrong);
        }
        else
            action.Port("port");
    }

    private static void CheckHandler(FieldScope holder, ReadOnlySpan<string> kinds, long? grace)
    {
        var first = true;
        foreach (var kind in kinds)
        {
            if (holder.Child(kind) is not { } action)
                continue;
            if (first)
                CheckAction(holder, action, kind, grace);
            else
                holder.Forbidden(kind, "may not specify more than 1 handler type");
            first = false;
        }
        if (first)
            holder.Causes.Add(FieldErrors.Required(holder.Path, "must specify a handler type"));
    }

    private static void CheckAction(FieldScope holder, FieldScope action, string kind, long? grace)
    {
        switch (kind)
        {
            case "exec":
                if (action.Count("command") == 0)
                    action.Required("command");
                break;
            case "httpGet":
                if (action.Text("path").Length == 0)
                    action.Required("path");
                CheckPort(action);
                action.OneOf("scheme", "HTTP", "HTTPS");
                foreach (var header in action.Object.Objects("httpHeaders"))
                {
                    if (NameForms.HttpHeader(header.Text("name")) is { } wrong)
                        action.Invalid("httpHeaders", header.Text("name"), wrong);
                }
                break;
            case "tcpSocket" or "grpc":
                CheckPort(action);
                break;
            case "sleep":
                if (grace is { } seconds && (action.Number("seconds") ?? 0) is var sleep && (sleep < 0 || sleep > seconds))
                    holder.Invalid("sleep", sleep, $"must be non-negative and less than terminationGracePeriodSeconds ({seconds})");
                break;
        }
    }
}
