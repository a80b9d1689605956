using System.Globalization;
using Dovetail.ApiServer.Registry;
using Dovetail.Store;

namespace Dovetail.ApiServer.Admission;

/// <summary>The class of some kind that an annotation marks as the default; of several the one created last, by name where that is equal.</summary>
internal static class DefaultClass
{
    public static string? Find(IRevisionStore store, string resource, params string[] annotations) => store.Current.List(resource)
        .Where(stored => Array.Exists(annotations, name => StoredJson.Text(stored.Bytes, ["metadata", "annotations", name]) == "true"))
        .OrderByDescending(stored => Created(stored))
        .ThenBy(stored => stored.Key.Name, StringComparer.Ordinal)
        .FirstOrDefault()?.Key.Name;

    private static DateTimeOffset Created(StoredObject stored) =>
        DateTimeOffset.TryParse(StoredJson.Text(stored.Bytes, ["metadata", "creationTimestamp"]), CultureInfo.InvariantCulture, out var created) ? created : default;
}
