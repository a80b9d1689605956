using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Events of both groups (<c>pkg/apis/core/validation/events.go</c>).</summary>
internal static class EventRules
{
    public static void CheckCore(FieldScope @event, JsonObject? old)
    {
        var (own, about) = (@event.Part("metadata").Text("namespace"), @event.Part("involvedObject").Text("namespace"));
        if (about != own && !(about.Length == 0 && own == "default"))
            @event.Invalid("involvedObject.namespace", about, "does not match event.namespace");
    }
}
