using Dovetail.Node.Images;
using Dovetail.Node.Tests.Real;

namespace Dovetail.Node.Tests.Images;

public sealed class ImageStoreTests : IAsyncLifetime
{
    private readonly string data = Directory.CreateTempSubdirectory("dovetail-images-").FullName;
    private readonly HttpClient http = new();
    private FakeRegistry registry = null!;
    private ImageStore images = null!;

    public async ValueTask InitializeAsync()
    {
        registry = await FakeRegistry.StartAsync();
        images = Open();
    }

    public async ValueTask DisposeAsync()
    {
        await registry.DisposeAsync();
        http.Dispose();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_disk_is_taken_out_of_the_image_and_is_readable_by_all()
    {
        var digest = registry.Push("a/tiny", "latest", ("disk/tiny.qcow2", "QFI-content"), ("etc/other", "no"));
        var disk = await EnsureAsync("a/tiny");
        (await File.ReadAllTextAsync(disk.Path)).ShouldBe("QFI-content");
        disk.Digest.ShouldBe(digest);
        File.GetUnixFileMode(disk.Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    [Fact]
    public async Task A_cached_image_starts_while_the_registry_is_down()
    {
        registry.Push("a/tiny", "1", ("disk/tiny.qcow2", "x"));
        await EnsureAsync("a/tiny:1");
        var name = $"{registry.Host}/a/tiny:1";
        await registry.DisposeAsync();
        (await Open().EnsureAsync(name, "", "IfNotPresent", default)).Path.ShouldEndWith("disk.img");
        (await Should.ThrowAsync<ImagePullException>(() => images.EnsureAsync(name, "", "Always", default))).Failure.ShouldBe(PullFailure.Unreachable);
    }

    [Fact]
    public async Task Pulls_of_one_image_at_once_are_one_pull()
    {
        registry.Push("a/tiny", "1", ("disk/tiny.qcow2", "x"));
        var gate = new TaskCompletionSource();
        registry.BlobGate = gate.Task;
        var pulls = Enumerable.Range(0, 10).Select(_ => EnsureAsync("a/tiny:1")).ToList();
        gate.SetResult();
        (await Task.WhenAll(pulls)).Select(d => d.Path).Distinct().Count().ShouldBe(1);
        registry.BlobsAsked.ShouldBe(1);
    }

    [Fact]
    public async Task A_registry_that_wants_a_token_is_given_one()
    {
        registry.Push("a/tiny", "1", ("disk/tiny.qcow2", "x"));
        registry.Token = "secret";
        (await EnsureAsync("a/tiny:1")).Path.ShouldEndWith("disk.img");
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_told_so() => await FailsAsync("a/absent:1", PullFailure.NotFound, "404");

    [Fact]
    public async Task An_image_without_a_disk_is_told_so()
    {
        registry.Push("a/busybox", "1", ("bin/sh", "x"));
        await FailsAsync("a/busybox:1", PullFailure.NoDisk, "there is none");
    }

    [Fact]
    public async Task A_layer_that_is_not_compressed_is_read_and_checked_as_well()
    {
        registry.Push("a/plain", "1", "tar", FakeRegistry.Tar(("disk/tiny.qcow2", "plain")));
        (await File.ReadAllTextAsync((await EnsureAsync("a/plain:1")).Path)).ShouldBe("plain");
        registry.Push("a/none", "1", "tar", FakeRegistry.Tar(("bin/sh", "x")));
        await FailsAsync("a/none:1", PullFailure.NoDisk, "there is none");
        registry.Push("a/evil", "1", "tar", FakeRegistry.Tar(("disk/tiny.qcow2", "first")));
        registry.Answers[registry.Answers.Keys.First(key => key.Contains("a/evil/blobs/"))] = ("application/octet-stream", FakeRegistry.Tar(("disk/tiny.qcow2", "other")));
        await FailsAsync("a/evil:1", PullFailure.Garbage, "came with the digest");
    }

    [Fact]
    public async Task Two_disks_in_an_image_are_refused_by_their_names()
    {
        registry.Push("a/two", "1", ("disk/a.qcow2", "x"), ("disk/b.qcow2", "x"));
        await FailsAsync("a/two:1", PullFailure.NoDisk, "a.qcow2, b.qcow2");
    }

    [Fact]
    public async Task A_layer_with_another_digest_is_garbage()
    {
        registry.Push("a/tiny", "1", ("disk/tiny.qcow2", "x"));
        var blob = registry.Answers.Keys.First(key => key.Contains("/blobs/"));
        registry.Answers[blob] = ("application/octet-stream", FakeRegistry.Layer(("disk/evil.qcow2", "y")));
        await FailsAsync("a/tiny:1", PullFailure.Garbage, "came with the digest");
    }

    [Theory]
    [InlineData("{not json")]
    [InlineData("{\"schemaVersion\":2}")]
    public async Task A_manifest_that_is_none_is_garbage(string manifest)
    {
        registry.Answers["/v2/a/tiny/manifests/1"] = ("application/vnd.oci.image.manifest.v1+json", System.Text.Encoding.UTF8.GetBytes(manifest));
        await FailsAsync("a/tiny:1", PullFailure.Garbage, "a/tiny:1");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"mediaType":null,"digest":null,"size":1}""")]
    [InlineData("""{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:../../secret","size":1}""")]
    [InlineData("""{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":-1}""")]
    public async Task A_layer_without_digest_or_size_is_garbage_before_it_is_asked_for(string layer)
    {
        registry.Answers["/v2/a/tiny/manifests/1"] = ("application/vnd.oci.image.manifest.v1+json", System.Text.Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"layers":[{{layer}}]}"""));
        await FailsAsync("a/tiny:1", PullFailure.Garbage, "layer 0");
        registry.BlobsAsked.ShouldBe(0);
    }

    [Fact]
    public async Task A_layer_that_goes_on_beyond_its_size_is_cut_off()
    {
        registry.Push("a/tiny", "1", ("disk/tiny.qcow2", "x"));
        var (blob, answer) = registry.Answers.First(a => a.Key.Contains("/blobs/"));
        registry.Answers[blob] = (answer.Type, [.. answer.Bytes, .. new byte[100]]);
        await FailsAsync("a/tiny:1", PullFailure.Garbage, $"longer than the {answer.Bytes.Length} bytes");
    }

    [Fact]
    public async Task A_pull_that_nobody_waits_for_any_more_ends_and_the_next_one_starts_anew()
    {
        registry.Push("a/tiny", "1", ("disk/tiny.qcow2", "x"));
        var gate = new TaskCompletionSource();
        registry.BlobGate = gate.Task;
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var pulls = new[] { EnsureAsync("a/tiny:1", first.Token), EnsureAsync("a/tiny:1", second.Token) };
        await registry.BlobAskedAsync();
        await first.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(pulls[0]);
        Directory.EnumerateFileSystemEntries($"{data}/node/images/partial").ShouldNotBeEmpty("the second one still waits");
        await second.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(pulls[1]);
        gate.SetResult();
        (await EnsureAsync("a/tiny:1")).Path.ShouldEndWith("disk.img");
        registry.BlobsAsked.ShouldBe(2);
        Directory.EnumerateFileSystemEntries($"{data}/node/images/partial").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_layer_that_is_no_archive_is_garbage()
    {
        registry.Push("a/tiny", "1", ("disk/tiny.qcow2", "x"));
        var blob = registry.Answers.Keys.First(key => key.Contains("/blobs/"));
        registry.Answers[blob] = ("application/octet-stream", "this is not gzip"u8.ToArray());
        await FailsAsync("a/tiny:1", PullFailure.Garbage, "");
    }

    [Fact]
    public async Task A_disk_over_the_bound_is_too_large()
    {
        images = Open(maxBytes: 10);
        registry.Push("a/tiny", "1", ("disk/tiny.qcow2", "more than ten bytes"));
        await FailsAsync("a/tiny:1", PullFailure.TooLarge, "");
    }

    [Fact]
    public async Task Nothing_partial_is_left_after_a_failure()
    {
        registry.Push("a/busybox", "1", ("bin/sh", "x"));
        await FailsAsync("a/busybox:1", PullFailure.NoDisk, "");
        Directory.EnumerateFileSystemEntries($"{data}/node/images/partial").ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries($"{data}/node/images/disks").ShouldBeEmpty();
    }

    [Fact]
    public async Task Disks_in_use_survive_a_collection()
    {
        registry.Push("a/one", "1", ("disk/a.qcow2", "1"));
        registry.Push("a/two", "1", ("disk/a.qcow2", "2"));
        var (used, unused) = (await EnsureAsync("a/one:1"), await EnsureAsync("a/two:1"));
        images.Collect(new HashSet<string> { used.Path }, TimeSpan.Zero);
        File.Exists(used.Path).ShouldBeTrue();
        File.Exists(unused.Path).ShouldBeFalse();
    }

    [Theory]
    [InlineData("127.0.0.1:5000/dovetail/tiny", "127.0.0.1:5000/dovetail/tiny:latest", "http://127.0.0.1:5000/v2/")]
    [InlineData("busybox", "docker.io/library/busybox:latest", "https://registry-1.docker.io/v2/")]
    [InlineData("quay.io/a/b:v1", "quay.io/a/b:v1", "https://quay.io/v2/")]
    [InlineData("localhost/a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "localhost/a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "http://localhost/v2/")]
    public void Names_are_completed_as_docker_does(string name, string full, string address)
    {
        var reference = ImageReference.TryParse(name)!;
        reference.ToString().ShouldBe(full);
        reference.BaseAddress.ToString().ShouldBe(address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper/Case")]
    [InlineData("a b")]
    [InlineData("a/b:tag with space")]
    [InlineData("../../etc")]
    public void What_is_no_name_is_refused(string name) => ImageReference.TryParse(name).ShouldBeNull();

    private ImageStore Open(long maxBytes = 1 << 20)
    {
        var store = new ImageStore(new NodePaths("abcdef", data), new RegistryClient(http), maxBytes, TimeProvider.System);
        store.Open();
        return store;
    }

    private Task<ImageDisk> EnsureAsync(string name, CancellationToken ct = default) => images.EnsureAsync($"{registry.Host}/{name}", "", "IfNotPresent", ct);

    private async Task FailsAsync(string name, PullFailure failure, string saying)
    {
        var thrown = await Should.ThrowAsync<ImagePullException>(() => EnsureAsync(name));
        thrown.Failure.ShouldBe(failure);
        thrown.Message.ShouldContain(saying);
    }
}
