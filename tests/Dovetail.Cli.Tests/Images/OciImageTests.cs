using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Dovetail.Cli.Images;

namespace Dovetail.Cli.Tests.Images;

public sealed class OciImageTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-oci-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_same_root_gives_the_same_bytes_whenever_it_is_packed()
    {
        var first = await PackAsync("a", new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var second = await PackAsync("b", new DateTime(2025, 6, 1, 0, 0, 0, DateTimeKind.Utc));
        foreach (var (one, other) in new[] { (first.Manifest, second.Manifest), (first.Config, second.Config), (first.Layer, second.Layer) })
            (await OciImage.DigestAsync(other, Ct)).ShouldBe(await OciImage.DigestAsync(one, Ct));
    }

    [Fact]
    public async Task The_manifest_names_its_blobs_by_digest_and_size_and_the_config_its_uncompressed_layer()
    {
        var image = await PackAsync("a", DateTime.UnixEpoch);
        var manifest = JsonNode.Parse(await File.ReadAllBytesAsync(image.Manifest, Ct))!;
        var layer = manifest["layers"]![0]!;
        ((string)layer["digest"]!, (long)layer["size"]!).ShouldBe((await OciImage.DigestAsync(image.Layer, Ct), new FileInfo(image.Layer).Length));
        ((string)manifest["config"]!["digest"]!).ShouldBe(await OciImage.DigestAsync(image.Config, Ct));

        var plain = Path.Combine(folder, "layer.tar");
        await using (var from = new GZipStream(File.OpenRead(image.Layer), CompressionMode.Decompress))
        await using (var to = File.Create(plain)) await from.CopyToAsync(to, Ct);
        var config = JsonNode.Parse(await File.ReadAllBytesAsync(image.Config, Ct))!;
        ((string)config["rootfs"]!["diff_ids"]![0]!).ShouldBe(await OciImage.DigestAsync(plain, Ct));
    }

    [Fact]
    public async Task A_container_disk_holds_its_disk_where_virt_handler_looks_for_it()
    {
        var disk = Path.Combine(folder, "disk");
        await File.WriteAllTextAsync(disk, "QFI", Ct);
        var image = await OciImage.PackDiskAsync(disk, Path.Combine(folder, "image"), Ct);
        image.IsComplete.ShouldBeTrue();
        var names = new List<string>();
        await using var tar = new TarReader(new GZipStream(File.OpenRead(image.Layer), CompressionMode.Decompress));
        while (await tar.GetNextEntryAsync(cancellationToken: Ct) is { } entry) names.Add(entry.Name);
        names.ShouldBe(["disk/", "disk/disk.qcow2"]);
    }

    [Fact]
    public void An_image_without_a_manifest_is_not_there() => new OciImage(folder).IsComplete.ShouldBeFalse();

    private async Task<OciImage> PackAsync(string name, DateTime touched)
    {
        var root = Directory.CreateDirectory(Path.Combine(folder, name, "root")).FullName;
        // Made in another order, and with other times, in each.
        foreach (var file in name == "a" ? new[] { "z", "b" } : ["b", "z"])
        {
            await File.WriteAllTextAsync(Path.Combine(root, file), file, Ct);
            File.SetLastWriteTimeUtc(Path.Combine(root, file), touched);
        }

        File.CreateSymbolicLink(Path.Combine(root, "link"), "b");
        return await OciImage.PackRootAsync(root, new JsonObject { ["Cmd"] = new JsonArray("/bin/sh") }, Path.Combine(folder, name, "image"), Ct);
    }
}
