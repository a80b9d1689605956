using System.Text;
using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

/// <summary>Kinds by which the API server itself is set up: roles' bindings, certificates, admission, flow control, API services.</summary>
internal static class ConfigurationTables
{
    public static TableDefinition RoleBindings { get; } = new(
        [
            TableColumn.ObjectName, new("Role", Description: "The role that is given."), TableColumn.Age, TableColumn.Wide("Users"), TableColumn.Wide("Groups"), TableColumn.Wide("ServiceAccounts"),
        ],
        static (row, cells) => cells.Text(row.Name).Text($"{row.Object.Text("roleRef", "kind")}/{row.Object.Text("roleRef", "name")}").Text(row.Age)
            .Text(Subjects(row.Object, "User")).Text(Subjects(row.Object, "Group")).Text(Subjects(row.Object, "ServiceAccount")));

    public static TableDefinition CertificateSigningRequests { get; } = new(
        [
            TableColumn.ObjectName, TableColumn.Age, new("SignerName", Description: "Who is to sign."), new("Requestor", Description: "Who asked."),
            new("RequestedDuration", Description: "How long the certificate should be valid."), new("Condition", Description: "What has become of it."),
        ],
        static (row, cells) =>
        {
            var spec = row.Object.At("spec");
            var duration = spec.Has("expirationSeconds") ? HumanDuration.Format(TimeSpan.FromSeconds(spec.Number("expirationSeconds"))) : Cells.None;
            cells.Text(row.Name).Text(row.Age).Text(Cells.Or(spec.Text("signerName"), Cells.None)).Text(spec.Text("username")).Text(duration).Text(SigningState(row.Object));
        });

    public static TableDefinition Webhooks { get; } = BuiltInTables.Simple(
        [new("Webhooks", "integer", Description: "How many webhooks it has.")],
        static (row, cells) => cells.Number(row.Object.Count("webhooks")));

    public static TableDefinition ValidatingPolicies { get; } = Policies("Validations", "validations");

    public static TableDefinition MutatingPolicies { get; } = Policies("Mutations", "mutations");

    public static TableDefinition PolicyBindings { get; } = BuiltInTables.Simple(
        [new("PolicyName", Description: "The policy that is bound."), new("ParamRef", Description: "Where its parameters are.")],
        static (row, cells) => cells.Text(row.Object.Text("spec", "policyName")).Text(Parameters(row.Object.At("spec", "paramRef"))));

    public static TableDefinition FlowSchemas { get; } = new(
        [
            TableColumn.ObjectName, new("PriorityLevel", Description: "Where its requests go."), new("MatchingPrecedence", Description: "The lower, the earlier it is asked."),
            new("DistinguisherMethod", Description: "What tells its flows apart."), TableColumn.Age, new("MissingPL", Description: "Whether its priority level is not there."),
        ],
        static (row, cells) =>
        {
            var spec = row.Object.At("spec");
            cells.Text(row.Name).Text(spec.Text("priorityLevelConfiguration", "name")).Number(spec.Number("matchingPrecedence"))
                .Text(Cells.OrAbsent(spec, Cells.None, "distinguisherMethod", "type")).Text(row.Age).Text(Cells.OrAbsent(Cells.Condition(row.Object, "Dangling"), "?", "status"));
        });

    public static TableDefinition PriorityLevels { get; } = BuiltInTables.Simple(
        [
            new("Type", Description: "Whether it is limited."), new("NominalConcurrencyShares", Description: "Its share of the server."), new("Queues", Description: "How many queues it has."),
            new("HandSize", Description: "Queues that one flow is dealt."), new("QueueLengthLimit", Description: "Requests that may wait in one queue."),
        ],
        static (row, cells) =>
        {
            var limited = row.Object.At("spec", "limited");
            var queuing = limited.At("limitResponse", "queuing");
            cells.Text(row.Object.Text("spec", "type"));
            NumberOf(cells, limited, "nominalConcurrencyShares");
            foreach (var field in (ReadOnlySpan<string>)["queues", "handSize", "queueLengthLimit"]) NumberOf(cells, queuing, field);
        });

    public static TableDefinition ApiServices { get; } = BuiltInTables.Simple(
        [new("Service", Description: "The service that serves it; Local is this server."), new("Available", Description: "Whether it is served.")],
        static (row, cells) =>
        {
            var service = row.Object.At("spec", "service");
            cells.Text(service.ValueKind == JsonValueKind.Object ? $"{service.Text("namespace")}/{service.Text("name")}" : "Local");
            var available = Cells.Condition(row.Object, "Available");
            var status = Cells.OrAbsent(available, "Unknown", "status");
            cells.Text(status == "True" || available.Text("reason").Length == 0 ? status : $"{status} ({available.Text("reason")})");
        });

    private static TableDefinition Policies(string column, string field) => BuiltInTables.Simple(
        [new(column, "integer", Description: "How many rules it has."), new("ParamKind", Description: "The kind of its parameters.")],
        (row, cells) =>
        {
            var kind = row.Object.At("spec", "paramKind");
            cells.Number(row.Object.Count("spec", field)).Text(kind.ValueKind == JsonValueKind.Object ? $"{kind.Text("apiVersion")}/{kind.Text("kind")}" : Cells.Unset);
        });

    private static string Subjects(CompactValue binding, string kind)
    {
        var names = new List<string>();
        foreach (var subject in binding.Items("subjects"))
            if (subject.Text("kind") == kind) names.Add(kind == "ServiceAccount" ? $"{subject.Text("namespace")}/{subject.Text("name")}" : subject.Text("name"));
        return string.Join(", ", names);
    }

    private static string SigningState(CompactValue request)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        foreach (var condition in request.Items("status", "conditions")) types.Add(condition.Text("type"));
        var state = types.Contains("Denied") ? "Denied" : types.Contains("Approved") ? "Approved" : "Pending";
        if (types.Contains("Failed")) state += ",Failed";
        return request.Text("status", "certificate").Length > 0 ? state + ",Issued" : state;
    }

    private static string Parameters(CompactValue reference)
    {
        if (reference.Text("name") is { Length: > 0 } name) return $"{Cells.Or(reference.Text("namespace"), "*")}/{name}";
        return reference.Has("selector") ? GoText(reference.At("selector")) : Cells.Unset;
    }

    /// <summary>A LabelSelector as its generated Go code prints it: <c>&amp;LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}</c>.</summary>
    private static string GoText(CompactValue selector)
    {
        var text = new StringBuilder("&LabelSelector{MatchLabels:map[string]string{");
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in selector.Entries("matchLabels")) labels[label.Name] = label.Value.GetString() ?? "";
        foreach (var (key, value) in labels) text.Append(key).Append(": ").Append(value).Append(',');
        text.Append("},MatchExpressions:[]LabelSelectorRequirement{");
        foreach (var term in selector.Items("matchExpressions"))
        {
            text.Append("LabelSelectorRequirement{Key:").Append(term.Text("key")).Append(",Operator:").Append(term.Text("operator")).Append(",Values:[")
                .Append(Cells.Join(term, "values").Replace(',', ' ')).Append("],},");
        }

        return text.Append("},}").ToString();
    }

    private static void NumberOf(CellWriter cells, CompactValue item, string field)
    {
        if (item.ValueKind == JsonValueKind.Object) cells.Number(item.Number(field));
        else cells.Text(Cells.None);
    }
}
