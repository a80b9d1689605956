using Dovetail.Cli.Images;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Commands;

/// <summary><c>dovetail image list | build NAME | push [NAME]</c>.</summary>
internal sealed class ImageCommand(string root, Progress progress)
{
    public void List(string? dataDir)
    {
        var store = new ImageStore(Path.Combine(root, "images"), DataDirectory.Find(dataDir)?.Images ?? Path.Combine(DataDirectory.Resolve(dataDir), "images"));
        foreach (var name in store.Names)
        {
            var built = store.Find(name) is { } image ? $"built, {new FileInfo(image.Layer).Length >> 20} MiB" : "not built";
            Console.WriteLine($"{name,-12}{built}");
        }
    }

    public async Task BuildAsync(string? dataDir, string name, CancellationToken ct) => await BuildAsync(DataDirectory.Ensure(dataDir), name, ct);

    /// <summary>Builds what is not built, and puts it into the registry of the running platform. Without a name: every image that has been built.</summary>
    public async Task PushAsync(string? dataDir, string? name, CancellationToken ct)
    {
        var data = DataDirectory.Find(dataDir) ?? throw new UserErrorException($"there is no platform in {DataDirectory.Resolve(dataDir)}", "Start it with dovetail up.");
        if (!File.Exists(data.Settings)) throw new UserErrorException($"the platform in {data.Root} has not been started", "Start it with dovetail up.");
        var settings = Settings.Read(data);
        if (!settings.Node) throw new UserErrorException("this platform has no registry (--no-node)", "Start it with a node.");
        using var registry = new RegistryPush(settings.RegistryPort);
        var store = Store(data);
        var names = name is null ? store.Names.Where(n => store.Find(n) is not null) : [name];
        foreach (var one in names)
        {
            var image = await BuildAsync(data, one, ct);
            try
            {
                await progress.RunAsync($"pushing {one}", () => registry.PushAsync(image, one, ct));
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw new UserErrorException($"{one} could not be pushed to the registry on port {settings.RegistryPort}: {e.Message}", "dovetail status says whether it runs.");
            }

            Console.WriteLine(registry.Reference(one));
        }
    }

    private async Task<OciImage> BuildAsync(DataDirectory data, string name, CancellationToken ct)
    {
        var store = Store(data);
        if (!store.Names.Contains(name)) throw new UserErrorException($"there is no image \"{name}\"", $"There are: {string.Join(", ", store.Names)}.");
        if (store.Find(name) is { } present) return present;
        await HostPackages.EnsureAsync(HostPackages.Images, progress, ct);
        var log = data.Log($"image-{name}");
        await using var writer = new StreamWriter(log, append: false);
        var said = new Lock();
        return await progress.RunAsync($"building the image {name} (log: {log})", () => store.BuildAsync(name, line =>
        {
            lock (said) writer.WriteLine(line);
        }, ct));
    }

    private ImageStore Store(DataDirectory data) => new(Path.Combine(root, "images"), data.Images);
}
