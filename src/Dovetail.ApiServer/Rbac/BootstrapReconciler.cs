using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Rbac;

/// <summary>
/// Makes the roles and bindings of <see cref="BootstrapPolicy"/> before anything is served. What is there keeps what was added to it and gets back what is missing, unless its annotation
/// <c>rbac.authorization.kubernetes.io/autoupdate</c> is "false". All writes are in flight at once, so the store commits them together; a later start only compares.
/// </summary>
internal sealed class BootstrapReconciler(IObjectApi api, IRevisionStore store)
{
    private const string AutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";
    private static readonly UserInfo User = UserInfo.Component("apiserver");
    private static readonly WriteOptions Options = new() { FieldManager = "kube-apiserver" };
    private static readonly ImmutableArray<string> Namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

    public async Task EnsureAsync(CancellationToken ct)
    {
        await Task.WhenAll(Namespaces.Select(name => EnsureNamespaceAsync(name, ct)));
        await Task.WhenAll(BootstrapPolicy.All.Objects.Select(o => EnsureAsync(o, ct)));
    }

    private async Task EnsureNamespaceAsync(string name, CancellationToken ct)
    {
        if (store.Current.Find(new("namespaces", "", name)) is not null) return;
        var ns = new JsonObject { ["kind"] = "Namespace", ["apiVersion"] = "v1", ["metadata"] = new JsonObject { ["name"] = name } };
        await api.CreateAsync(new ObjectTarget { User = User, Group = "", Version = "v1", Resource = "namespaces" }, ObjectRenderer.Bytes(ns), Options, ct);
    }

    private async Task EnsureAsync(BootstrapObject wanted, CancellationToken ct)
    {
        var target = new ObjectTarget { User = User, Group = RbacObjects.Group, Version = "v1", Resource = wanted.Resource, Namespace = wanted.Namespace };
        var key = new ObjectKey($"{wanted.Resource}.{RbacObjects.Group}", wanted.Namespace, wanted.Name);
        if (store.Current.Find(key) is not { } stored)
        {
            try
            {
                await api.CreateAsync(target, ObjectRenderer.Bytes(wanted.Json), Options, ct);
            }
            catch (StatusException e) when (e.Status is { Reason: "Forbidden" } && wanted.Namespace.Length > 0)
            {
                // Its namespace is being deleted; the next start makes both.
            }

            return;
        }

        var present = StoredJson.Tree(stored.Bytes);
        if (present.Metadata().Child("annotations")?.Text(AutoUpdate) == "false") return;
        if (wanted.Json["roleRef"] is { } role && !JsonNode.DeepEquals(present["roleRef"], role))
        {
            // What a binding refers to cannot be changed; upstream makes it anew too.
            await api.DeleteAsync(target with { Name = wanted.Name }, new DeleteOptions { PreconditionUid = present.Metadata().Text("uid") }, ct);
            await api.CreateAsync(target, ObjectRenderer.Bytes(wanted.Json), Options, ct);
        }
        else if (Reconciled(present, wanted.Json) is { } next)
        {
            await api.UpdateAsync(target with { Name = wanted.Name }, ObjectRenderer.Bytes(next), Options, ct);
        }
    }

    /// <summary>The object with everything that it should have, or null when it has.</summary>
    internal static JsonObject? Reconciled(JsonObject present, JsonObject wanted)
    {
        var next = (JsonObject)present.DeepClone();
        // Labels and annotations that somebody has set otherwise stay so.
        foreach (var map in new[] { "labels", "annotations" })
        {
            var merged = next.Metadata().Child(map) ?? [];
            foreach (var (name, value) in wanted.Metadata().Child(map) ?? [])
            {
                if (!merged.ContainsKey(name)) merged[name] = value?.DeepClone();
            }

            if (merged.Count > 0 && merged.Parent is null) next.Metadata()[map] = merged;
        }

        var held = RbacObjects.Rules(present);
        var missing = RuleCoverage.Missing(held, RbacObjects.Rules(wanted));
        if (missing.Count > 0) next["rules"] = new JsonArray([.. held.Concat(missing).Select(r => r.ToJson())]);
        if (wanted["aggregationRule"] is { } aggregation)
        {
            var selectors = next.Child("aggregationRule")?["clusterRoleSelectors"] as JsonArray ?? [];
            foreach (var selector in (JsonArray)aggregation["clusterRoleSelectors"]!)
            {
                if (!selectors.Any(s => JsonNode.DeepEquals(s, selector))) selectors.Add(selector?.DeepClone());
            }

            if (selectors.Parent is null) next["aggregationRule"] = new JsonObject { ["clusterRoleSelectors"] = selectors };
        }
        else
        {
            next.Remove("aggregationRule");
        }

        if (wanted["subjects"] is JsonArray subjects)
        {
            var bound = next["subjects"] as JsonArray ?? [];
            foreach (var subject in subjects.Where(subject => !bound.Any(s => JsonNode.DeepEquals(s, subject)))) bound.Add(subject?.DeepClone());
            if (bound.Parent is null && bound.Count > 0) next["subjects"] = bound;
        }

        return JsonNode.DeepEquals(present, next) ? null : next;
    }
}
