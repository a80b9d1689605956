using System.Globalization;
using System.Text;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Engines;

/// <summary>Path and query of a request, e.g. <c>/apis/kubevirt.io/v1/namespaces/demo/virtualmachines/a/status?fieldManager=virt-controller</c>.</summary>
internal readonly record struct RequestPath(string Path, string Query)
{
    public static RequestPath Of<T>(ResourceType<T> type, string ns, string name, string subresource = "")
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var path = new StringBuilder(type.Group.Length == 0 ? "/api/" : $"/apis/{type.Group}/").Append(type.Version);
        if (type.Namespaced && ns.Length > 0) path.Append("/namespaces/").Append(Uri.EscapeDataString(ns));
        path.Append('/').Append(type.Plural);
        if (name.Length > 0) path.Append('/').Append(Uri.EscapeDataString(name));
        if (subresource.Length > 0) path.Append('/').Append(subresource);
        return new RequestPath(path.ToString(), "");
    }

    public RequestPath With(ListOptions options) =>
        Add("labelSelector", options.LabelSelector)
            .Add("fieldSelector", options.FieldSelector)
            .Add("resourceVersion", options.ResourceVersion)
            .Add("resourceVersionMatch", options.ResourceVersionMatch)
            .Add("limit", options.Limit == 0 ? "" : options.Limit.ToString(CultureInfo.InvariantCulture))
            .Add("continue", options.Continue);

    public RequestPath With(WatchOptions options) =>
        Add("watch", "true")
            .Add("labelSelector", options.LabelSelector)
            .Add("fieldSelector", options.FieldSelector)
            .Add("resourceVersion", options.ResourceVersion)
            .Add("allowWatchBookmarks", options.AllowBookmarks ? "true" : "")
            .Add("sendInitialEvents", options.SendInitialEvents is { } initial ? (initial ? "true" : "false") : "")
            .Add("resourceVersionMatch", options.SendInitialEvents is null ? "" : "NotOlderThan")
            .Add("timeoutSeconds", options.Timeout is { } timeout ? ((long)Math.Ceiling(timeout.TotalSeconds)).ToString(CultureInfo.InvariantCulture) : "");

    public RequestPath With(WriteOptions options) =>
        Add("fieldManager", options.FieldManager)
            .Add("dryRun", options.DryRun ? "All" : "")
            .Add("fieldValidation", options.FieldValidation)
            .Add("force", options.Force ? "true" : "");

    public override string ToString() => Query.Length == 0 ? Path : $"{Path}?{Query}";

    private RequestPath Add(string name, string value) =>
        value.Length == 0 ? this : this with { Query = $"{Query}{(Query.Length == 0 ? "" : "&")}{name}={Uri.EscapeDataString(value)}" };
}
