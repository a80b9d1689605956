using System.Text;
using System.Text.Json.Nodes;

namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>What the API knows about a machine, as lines for the failure text of a test that waited for it in vain. All of it may be absent.</summary>
/// <param name="Vm">The VirtualMachine.</param>
/// <param name="Vmi">Its instance.</param>
/// <param name="Pods">A list of its launcher pods.</param>
/// <param name="Events">A list of the namespace's events.</param>
internal sealed record GuestStory(JsonNode? Vm, JsonNode? Vmi, JsonNode? Pods, JsonNode? Events)
{
    private const int MostEvents = 20;

    /// <summary>Why no instance of the machine can be made, by the VM's own condition <c>Failure</c>; null when nothing says so.</summary>
    public string? FailedCreate =>
        Conditions(Vm).FirstOrDefault(c => (Text(c, "type"), Text(c, "status"), Text(c, "reason")) == ("Failure", "True", "FailedCreate")) is { } failure ? Text(failure, "message") : null;

    public override string ToString()
    {
        var text = new StringBuilder();
        Tell(text, "vm", Vm, "printableStatus");
        Tell(text, "vmi", Vmi, "phase");
        foreach (var pod in Items(Pods)) Tell(text, "pod", pod, "phase");
        foreach (var one in Items(Events).TakeLast(MostEvents))
            text.Append("event ").Append(Text(one?["involvedObject"], "kind")).Append('/').Append(Text(one?["involvedObject"], "name")).Append(' ')
                .Append(Text(one, "type")).Append(' ').Append(Text(one, "reason")).Append(": ").AppendLine(Text(one, "message"));
        return text.ToString();
    }

    private static void Tell(StringBuilder text, string kind, JsonNode? obj, string state)
    {
        if (obj is null)
        {
            text.Append(kind).AppendLine(": none");
            return;
        }

        text.Append(kind).Append(' ').Append(Text(obj["metadata"], "name")).Append(": ").AppendLine(Text(obj["status"], state));
        foreach (var condition in Conditions(obj))
            text.Append("  ").Append(Text(condition, "type")).Append('=').Append(Text(condition, "status")).Append(' ').Append(Text(condition, "reason")).Append(": ").AppendLine(Text(condition, "message"));
    }

    private static IEnumerable<JsonNode?> Conditions(JsonNode? obj) => obj?["status"]?["conditions"] as JsonArray ?? [];

    private static IEnumerable<JsonNode?> Items(JsonNode? list) => list?["items"] as JsonArray ?? [];

    private static string Text(JsonNode? obj, string field) => obj?[field]?.GetValue<string>() ?? "";
}
