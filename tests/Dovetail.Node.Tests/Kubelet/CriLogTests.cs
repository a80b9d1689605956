using System.Text;
using Dovetail.Node.Kubelet;
using Dovetail.Node.Kubelet.Logs;

namespace Dovetail.Node.Tests.Kubelet;

public sealed class CriLogTests : IDisposable
{
    private const string Lines =
        """
        2026-11-23T22:05:59.100000001Z stdout F one
        2026-11-23T22:06:00.000000000Z stderr F two
        2026-11-23T22:06:01.000000000Z stdout P thr
        2026-11-23T22:06:01.000000001Z stdout F ee
        2026-11-23T22:06:02.000000000Z stdout F four

        """;

    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-log-").FullName;

    private string Log => Path.Combine(folder, "compute.log");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_text_comes_without_what_the_runtime_put_before_it() => (await ReadAsync(new())).ShouldBe("one\ntwo\nthree\nfour\n");

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "four\n")]
    [InlineData(3, "three\nfour\n")]
    [InlineData(100, "one\ntwo\nthree\nfour\n")]
    public async Task The_last_lines_are_counted_in_the_file(int lines, string expected) => (await ReadAsync(new() { TailLines = lines })).ShouldBe(expected);

    [Fact]
    public async Task A_long_line_has_one_timestamp_however_many_pieces_it_has() =>
        (await ReadAsync(new() { Timestamps = true, TailLines = 3 })).ShouldBe("2026-11-23T22:06:01.000000000Z three\n2026-11-23T22:06:02.000000000Z four\n");

    [Fact]
    public async Task Bytes_are_counted_with_the_timestamps() => (await ReadAsync(new() { Timestamps = true, LimitBytes = 32 })).ShouldBe("2026-11-23T22:05:59.100000001Z o");

    [Fact]
    public async Task Nothing_comes_that_was_printed_before_the_asked_time() =>
        (await ReadAsync(new() { Since = new(2026, 11, 23, 22, 6, 1, TimeSpan.Zero) })).ShouldBe("three\nfour\n");

    [Fact]
    public async Task One_stream_comes_without_the_other() => (await ReadAsync(new() { Streams = LogStreams.Stderr })).ShouldBe("two\n");

    [Fact]
    public async Task A_line_that_is_none_is_passed_over()
    {
        await File.WriteAllTextAsync(Log, "cut beginning of a line\n2026-11-23T22:06:02.000000000Z stdout F four\n", TestContext.Current.CancellationToken);
        (await ReadAsync(new(), write: false)).ShouldBe("four\n");
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_log_is_not_followed()
    {
        await File.WriteAllTextAsync(Log + ".secret", Lines, TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Log, Log + ".secret");
        await Should.ThrowAsync<ContainerRefusedException>(() => ReadAsync(new(), write: false));
    }

    [Fact]
    public async Task Following_goes_on_over_a_rotation_and_ends_with_the_container()
    {
        await File.WriteAllTextAsync(Log, Lines, TestContext.Current.CancellationToken);
        var ended = false;
        using var seen = new LineStream();
        var follow = new CriLogReader(Log, new LogRequest { Follow = true, TailLines = 1 }, seen, TimeProvider.System).CopyAsync(() => ended, TestContext.Current.CancellationToken);
        await seen.WaitAsync("four\n");
        await File.AppendAllTextAsync(Log, "2026-11-23T22:06:03.000000000Z stdout F five\n", TestContext.Current.CancellationToken);
        File.Move(Log, Log + ".1");
        await File.WriteAllTextAsync(Log, "2026-11-23T22:06:04.000000000Z stdout F six\n", TestContext.Current.CancellationToken);
        await seen.WaitAsync("four\nfive\nsix\n");
        await File.AppendAllTextAsync(Log, "2026-11-23T22:06:05.000000000Z stdout F seven\n", TestContext.Current.CancellationToken);
        ended = true;
        await follow;
        seen.Text.ShouldBe("four\nfive\nsix\nseven\n");
    }

    private async Task<string> ReadAsync(LogRequest request, bool write = true)
    {
        if (write) await File.WriteAllTextAsync(Log, Lines);
        using var to = new MemoryStream();
        await new CriLogReader(Log, request, to, TimeProvider.System).CopyAsync(() => true, CancellationToken.None);
        return Encoding.UTF8.GetString(to.ToArray());
    }

    /// <summary>Collects what is written and lets a test wait for it.</summary>
    private sealed class LineStream : MemoryStream
    {
        private readonly Lock gate = new();
        private readonly SemaphoreSlim written = new(0);

        public string Text
        {
            get
            {
                lock (gate) return Encoding.UTF8.GetString(ToArray());
            }
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (gate) Write(buffer.Span);
            written.Release();
            return ValueTask.CompletedTask;
        }

        public async Task WaitAsync(string text)
        {
            while (Text != text) (await written.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue($"it stayed {Text}");
        }
    }
}
