using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dovetail.Kubeconfig;

/// <summary>One or more kubeconfig files laid over each other: the first file that names a cluster, user or context wins.</summary>
internal sealed class KubeconfigFile
{
    private readonly Dictionary<string, Entry> clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry> users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry> contexts = new(StringComparer.Ordinal);

    public string CurrentContext { get; private set; } = "";

    public bool IsEmpty => clusters.Count == 0 && users.Count == 0 && contexts.Count == 0;

    public Entry? Cluster(string name) => clusters.GetValueOrDefault(name);

    public Entry? User(string name) => users.GetValueOrDefault(name);

    public Entry? Context(string name) => contexts.GetValueOrDefault(name);

    public void Add(string path)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            stream.Load(reader);
        }
        catch (Exception e) when (e is YamlException or IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"error loading config file \"{path}\": {e.Message}", e);
        }

        if (stream.Documents.Count == 0) return;
        if (stream.Documents[0].RootNode is not YamlMappingNode root) throw new KubeconfigException($"error loading config file \"{path}\": it is not a mapping");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (CurrentContext.Length == 0) CurrentContext = Entry.Text(root, "current-context");
        Read(root, "clusters", "cluster", clusters, folder);
        Read(root, "users", "user", users, folder);
        Read(root, "contexts", "context", contexts, folder);
    }

    private static void Read(YamlMappingNode root, string list, string key, Dictionary<string, Entry> entries, string folder)
    {
        if (!root.Children.TryGetValue(new YamlScalarNode(list), out var node) || node is not YamlSequenceNode items) return;
        foreach (var item in items.OfType<YamlMappingNode>())
            if (item.Children.TryGetValue(new YamlScalarNode(key), out var body) && body is YamlMappingNode fields)
                entries.TryAdd(Entry.Text(item, "name"), new Entry(fields, folder));
    }

    /// <summary>A cluster, user or context; paths in it are relative to its file.</summary>
    public sealed class Entry(YamlMappingNode fields, string folder)
    {
        public string this[string name] => Text(fields, name);

        public bool Has(string name) => fields.Children.ContainsKey(new YamlScalarNode(name));

        /// <summary>The bytes of a <c>name-data</c> field (base64) or of the file that <c>name</c> points to; null when neither is there.</summary>
        public byte[]? Bytes(string name)
        {
            if (this[name + "-data"] is { Length: > 0 } data)
            {
                try
                {
                    return Convert.FromBase64String(data);
                }
                catch (FormatException e)
                {
                    throw new KubeconfigException($"{name}-data is not base64", e);
                }
            }

            return this[name] is { Length: > 0 } path ? ReadFile(Path.Combine(folder, path)) : null;
        }

        /// <summary>Where the file lies that a field points to; "" when the field is not there.</summary>
        public string FilePath(string name) => this[name] is { Length: > 0 } path ? Path.Combine(folder, path) : "";

        public static string Text(YamlMappingNode node, string name) =>
            node.Children.TryGetValue(new YamlScalarNode(name), out var value) && value is YamlScalarNode scalar ? scalar.Value ?? "" : "";

        internal static byte[] ReadFile(string path)
        {
            try
            {
                return File.ReadAllBytes(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new KubeconfigException($"unable to read {path}: {e.Message}", e);
            }
        }
    }
}
