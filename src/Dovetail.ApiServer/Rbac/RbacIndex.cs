using System.Collections.Concurrent;
using Dovetail.Store;

namespace Dovetail.ApiServer.Rbac;

/// <summary>Grants by whom they are for: one scope's bindings, compiled.</summary>
internal sealed class GrantTable
{
    private static readonly Grant[] None = [];

    private readonly Dictionary<string, Grant[]> users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Grant[]> groups = new(StringComparer.Ordinal);

    public GrantTable(IStoreSnapshot snapshot, IEnumerable<StoredObject> bindings)
    {
        foreach (var stored in bindings)
        {
            var binding = RbacObjects.Binding(stored);
            var grant = Grant.Of(binding, snapshot);
            foreach (var subject in binding.Subjects)
            {
                if (subject.Kind == "Group") Add(groups, subject.Name, grant);
                else if (subject.Kind is "User" or "ServiceAccount") Add(users, subject.Key(binding.Namespace), grant);
            }
        }
    }

    public Grant[] OfUser(string name) => users.GetValueOrDefault(name, None);

    public Grant[] OfGroup(string name) => groups.GetValueOrDefault(name, None);

    private static void Add(Dictionary<string, Grant[]> table, string key, Grant grant)
    {
        if (!table.TryGetValue(key, out var present)) table[key] = [grant];
        else if (!present.Contains(grant)) table[key] = [.. present, grant];
    }
}

/// <summary>
/// Who has which grants, compiled from the store's roles and bindings. It is asked with the store's newest view, so an acknowledged change counts in the next decision; what did not change is not
/// compiled again: cluster-wide bindings are one table, each namespace with bindings has its own, made when it is first asked for.
/// </summary>
internal sealed class RbacIndex(IRevisionStore store)
{
    /// <summary>Tables of namespaces that are long gone are let go when there are this many.</summary>
    private const int MaxNamespaces = 20_000;

    private readonly ConcurrentDictionary<string, Compiled> namespaces = new(StringComparer.Ordinal);
    private volatile Compiled? cluster;

    public GrantTable Cluster()
    {
        var snapshot = store.Current;
        if (cluster is { } present && present.IsOf(snapshot, RbacObjects.ClusterRoleBindings)) return present.Table;
        var compiled = new Compiled(snapshot, RbacObjects.ClusterRoleBindings, new GrantTable(snapshot, snapshot.List(RbacObjects.ClusterRoleBindings)));
        cluster = compiled;
        return compiled.Table;
    }

    /// <summary>Null for a namespace without bindings.</summary>
    public GrantTable? Namespace(string ns)
    {
        var snapshot = store.Current;
        if (namespaces.TryGetValue(ns, out var present) && present.IsOf(snapshot, RbacObjects.RoleBindings)) return present.Table;
        if (snapshot.Count(RbacObjects.RoleBindings, ns) == 0) return null;
        if (namespaces.Count >= MaxNamespaces) namespaces.Clear();
        var compiled = new Compiled(snapshot, RbacObjects.RoleBindings, new GrantTable(snapshot, snapshot.List(RbacObjects.RoleBindings, ns)));
        namespaces[ns] = compiled;
        return compiled.Table;
    }

    /// <summary>A table with the contents that it was made of.</summary>
    private sealed class Compiled(IStoreSnapshot snapshot, string bindingsResource, GrantTable table)
    {
        private readonly object bindings = snapshot.ContentOf(bindingsResource);
        private readonly object clusterRoles = snapshot.ContentOf(RbacObjects.ClusterRoles);
        private readonly object roles = snapshot.ContentOf(RbacObjects.Roles);

        // The last revision that was found to hold the same: under reads alone it is the only look. A view itself would keep every object of its time.
        private long seen = snapshot.Revision;

        public GrantTable Table { get; } = table;

        public bool IsOf(IStoreSnapshot current, string resource)
        {
            if (Volatile.Read(ref seen) == current.Revision) return true;
            if (!ReferenceEquals(bindings, current.ContentOf(resource)) || !ReferenceEquals(clusterRoles, current.ContentOf(RbacObjects.ClusterRoles))) return false;
            if (resource == RbacObjects.RoleBindings && !ReferenceEquals(roles, current.ContentOf(RbacObjects.Roles))) return false;
            Volatile.Write(ref seen, current.Revision);
            return true;
        }
    }
}
