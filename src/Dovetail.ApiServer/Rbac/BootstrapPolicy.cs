using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Rbac;

/// <summary>A role or binding that exists from the start.</summary>
internal sealed record BootstrapObject(string Resource, string Namespace, string Name, JsonObject Json);

/// <summary>
/// The roles and bindings that exist from the start: Kubernetes' own (<c>kubernetes.roles</c>) and KubeVirt's (<c>kubevirt.roles</c>). A line each:
/// <code>
/// clusterrole NAME [into ROLE] [gathers ROLE]        into and gathers: aggregation by rbac.authorization.k8s.io/aggregate-to-ROLE
/// controller NAME                                    clusterrole system:controller:NAME, bound to the account kube-system/NAME
/// role NAMESPACE/NAME
///   VERB,VERB GROUP,GROUP: RESOURCE RESOURCE [named NAME]       a rule of the role above; "core" is the group ""
///   VERB url: PATH PATH
/// clusterbinding NAME of clusterrole NAME: SUBJECT, SUBJECT     group NAME, user NAME or account NAMESPACE/NAME
/// binding NAMESPACE/NAME of role NAME: SUBJECT, SUBJECT
/// </code>
/// Verbs: <c>read</c> is get, list, watch; <c>write</c> create, delete, deletecollection, patch, update; <c>full</c> both; <c>change</c> full without deletecollection.
/// </summary>
internal sealed class BootstrapPolicy
{
    private const string AggregationLabel = "rbac.authorization.k8s.io/aggregate-to-";
    private readonly ImmutableArray<BootstrapObject>.Builder objects = ImmutableArray.CreateBuilder<BootstrapObject>();

    private BootstrapPolicy()
    {
        Read("kubernetes.roles", "kubernetes.io/bootstrapping", "rbac-defaults");
        Read("kubevirt.roles", "kubevirt.io", "");
        Objects = objects.ToImmutable();
    }

    public static BootstrapPolicy All { get; } = new();

    public ImmutableArray<BootstrapObject> Objects { get; }

    public ImmutableArray<PolicyRule> RulesOf(string clusterRole) => RbacObjects.Rules(Objects.First(o => o.Resource == "clusterroles" && o.Name == clusterRole).Json);

    private void Read(string file, string label, string value)
    {
        using var stream = typeof(BootstrapPolicy).Assembly.GetManifestResourceStream($"roles/{file}") ?? throw new InvalidDataException($"{file} is not in the assembly");
        using var lines = new StreamReader(stream);
        JsonArray? rules = null;
        while (lines.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            if (line.StartsWith("  ", StringComparison.Ordinal)) rules!.Add((JsonNode)Rule(line.Trim()));
            else rules = Header(line, label, value);
        }
    }

    /// <summary>The rules to be filled, when the line begins a role.</summary>
    private JsonArray? Header(string line, string label, string value)
    {
        var words = line.Split(' ');
        switch (words[0])
        {
            case "clusterrole":
                return Role("clusterroles", "ClusterRole", "", words[1], label, value, words);
            case "controller":
                var name = $"system:controller:{words[1]}";
                var rules = Role("clusterroles", "ClusterRole", "", name, label, value, []);
                Bind("clusterrolebindings", "ClusterRoleBinding", "", name, label, value, "ClusterRole", name, $"account kube-system/{words[1]}");
                return rules;
            case "role":
                var (ns, role) = Pair(words[1]);
                return Role("roles", "Role", ns, role, label, value, []);
            case "clusterbinding":
                Bind("clusterrolebindings", "ClusterRoleBinding", "", words[1], label, value, "ClusterRole", words[4].TrimEnd(':'), string.Join(' ', words[5..]));
                return null;
            case "binding":
                var (bindingNamespace, binding) = Pair(words[1]);
                Bind("rolebindings", "RoleBinding", bindingNamespace, binding, label, value, "Role", words[4].TrimEnd(':'), string.Join(' ', words[5..]));
                return null;
            default:
                throw new InvalidDataException($"bootstrap roles: {line}");
        }
    }

    private JsonArray Role(string resource, string kind, string ns, string name, string label, string value, string[] words)
    {
        var rules = new JsonArray();
        var json = Object(kind, ns, name, label, value);
        for (var i = 2; i + 1 < words.Length; i += 2)
        {
            var aggregation = AggregationLabel + words[i + 1];
            if (words[i] == "into") json.Metadata().Child("labels")![aggregation] = "true";
            else json["aggregationRule"] = new JsonObject { ["clusterRoleSelectors"] = new JsonArray(new JsonObject { ["matchLabels"] = new JsonObject { [aggregation] = "true" } }) };
        }

        json["rules"] = rules;
        objects.Add(new(resource, ns, name, json));
        return rules;
    }

    private void Bind(string resource, string kind, string ns, string name, string label, string value, string roleKind, string role, string subjects)
    {
        var json = Object(kind, ns, name, label, value);
        json["roleRef"] = new JsonObject { ["apiGroup"] = RbacObjects.Group, ["kind"] = roleKind, ["name"] = role };
        var list = subjects.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(Subject).ToArray<JsonNode>();
        if (list.Length > 0) json["subjects"] = new JsonArray(list);
        objects.Add(new(resource, ns, name, json));
    }

    private static JsonObject Object(string kind, string ns, string name, string label, string value)
    {
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["annotations"] = new JsonObject { ["rbac.authorization.kubernetes.io/autoupdate"] = "true" },
            ["labels"] = new JsonObject { [label] = value },
        };
        if (ns.Length > 0) metadata["namespace"] = ns;
        return new() { ["kind"] = kind, ["apiVersion"] = $"{RbacObjects.Group}/v1", ["metadata"] = metadata };
    }

    private static JsonObject Rule(string line)
    {
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        var (head, tail) = (line[..colon].Split(' '), line[(colon + 2)..]);
        var named = tail.Split(" named ");
        ImmutableArray<string> verbs = head[0] switch
        {
            "read" => ["get", "list", "watch"],
            "write" => ["create", "delete", "deletecollection", "patch", "update"],
            "full" => ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            "change" => ["create", "delete", "get", "list", "patch", "update", "watch"],
            var listed => [.. listed.Split(',')],
        };
        var rule = head[1] == "url"
            ? new PolicyRule { Verbs = verbs, NonResourceUrls = [.. tail.Split(' ')] }
            : new PolicyRule
            {
                Verbs = verbs,
                ApiGroups = [.. head[1].Split(',').Select(g => g == "core" ? "" : g)],
                Resources = [.. named[0].Split(' ')],
                ResourceNames = named.Length > 1 ? [.. named[1].Split(' ')] : [],
            };
        return rule.ToJson();
    }

    private static JsonObject Subject(string text)
    {
        var words = text.Split(' ');
        if (words[0] == "account")
        {
            var (ns, name) = Pair(words[1]);
            return new() { ["kind"] = "ServiceAccount", ["name"] = name, ["namespace"] = ns };
        }

        return new() { ["apiGroup"] = RbacObjects.Group, ["kind"] = words[0] == "group" ? "Group" : "User", ["name"] = words[1] };
    }

    private static (string Namespace, string Name) Pair(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return (text[..slash], text[(slash + 1)..]);
    }
}
