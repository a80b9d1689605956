using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Events under the names of core v1, as which they are stored; those written through events.k8s.io must say more (<c>pkg/apis/core/validation/events.go</c>).</summary>
internal static class EventRules
{
    private const int MaxText = 128;
    private const int MaxMessage = 1024;

    private static readonly string[] Kept = ["involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "reason", "type", "eventTime", "action", "related"];

    public static void CheckCore(FieldScope @event, JsonObject? old) => CheckAlways(@event, "reportingComponent");

    public static void CheckStrict(FieldScope @event, JsonObject? old)
    {
        CheckAlways(@event, "reportingController");
        if (old is not null)
        {
            CheckKept(@event, old);
            return;
        }
        @event.Part("metadata").OptionalName("name", Names.DnsSubdomain);
        CheckSeries(@event);
        if (!@event.Has("eventTime"))
            @event.Required("eventTime");
        if (@event.Text("type") is not ("Normal" or "Warning"))
            @event.Invalid("type", "", $"has invalid value: {@event.Text("type")}");
        foreach (var field in (ReadOnlySpan<string>)["firstTimestamp", "lastTimestamp", "count", "source"])
        {
            var set = field switch
            {
                "count" => @event.Whole(field) != 0,
                "source" => @event.Part(field).Text("component").Length > 0 || @event.Part(field).Text("host").Length > 0,
                _ => @event.Has(field),
            };
            if (set)
                @event.Invalid(field, "", "needs to be unset");
        }
    }

    private static void CheckKept(FieldScope @event, JsonObject old)
    {
        if (!JsonNode.DeepEquals(@event.Object["series"], old["series"]))
            CheckSeries(@event);
        foreach (var field in Kept)
            @event.Unchanged(field, old[field]);
        foreach (var (stored, shown) in (ReadOnlySpan<(string, string)>)[("reportingComponent", "reportingController"), ("reportingInstance", "reportingInstance")])
        {
            if (!JsonNode.DeepEquals(@event.Object[stored], old[stored]))
                @event.Invalid(shown, @event.Object[stored], "field is immutable");
        }
    }

    private static void CheckSeries(FieldScope @event)
    {
        if (@event.Child("series") is not { } series)
            return;
        if (series.Whole("count") < 2)
            series.Invalid("count", "", "should be at least 2");
        if (!series.Has("lastObservedTime"))
            series.Required("lastObservedTime");
    }

    /// <param name="event">The event.</param>
    /// <param name="reporter">What the request's version calls reportingComponent.</param>
    private static void CheckAlways(FieldScope @event, string reporter)
    {
        var (own, about) = (@event.Part("metadata").Text("namespace"), @event.Part("involvedObject").Text("namespace"));
        // An event with a time is one of the new kind, which says who reports what.
        var timed = @event.Has("eventTime");
        var elsewhere = about.Length == 0 ? own != "default" && !(timed && own == "kube-system") : about != own && !timed;
        if (elsewhere)
            @event.Invalid("involvedObject.namespace", about, "does not match event.namespace");
        if (!timed)
            return;
        if (@event.Text("reportingComponent").Length == 0)
            @event.Required(reporter);
        foreach (var wrong in Names.QualifiedName(@event.Text("reportingComponent")))
            @event.Invalid(reporter, @event.Text("reportingComponent"), wrong);
        foreach (var field in (ReadOnlySpan<string>)["reportingInstance", "action", "reason"])
        {
            if (@event.Text(field).Length == 0)
                @event.Required(field);
            CheckLength(@event, field, MaxText);
        }
        CheckLength(@event, "message", MaxMessage);
    }

    private static void CheckLength(FieldScope @event, string field, int most)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(@event.Text(field)) > most)
            @event.Invalid(field, "", $"can have at most {most} characters");
    }
}
