using System.IO.Compression;
using System.Text;
using System.Threading.Channels;
using Dovetail.Node.Kubelet.Streaming;

namespace Dovetail.Node.Tests.Kubelet;

public sealed class SpdyTests
{
    // zlib's own output over SPDY/3's dictionary, a flush behind each block: what kubectl port-forward opens its pair of streams with.
    private const string First = "78bbe3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45e01c6061606100a4398b20d198094ade8c0600000000ffff";
    private const string Second = "c2aa19540e2512d60b000000ffff";

    [Fact]
    public void Headers_of_later_frames_refer_to_those_of_earlier_ones()
    {
        var headers = new SpdyHeaders();
        var error = headers.Read(Convert.FromHexString(First));
        error["streamtype"].ShouldBe("error");
        error["port"].ShouldBe("8080");
        headers.Read(Convert.FromHexString(Second))["streamtype"].ShouldBe("data");
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void What_zlib_packs_in_portions_is_unpacked_as_it_was(CompressionLevel level)
    {
        var random = new Random(7);
        using var packed = new MemoryStream();
        using var deflate = new DeflateStream(packed, level);
        var inflater = new Inflater([]);
        for (var portion = 0; portion < 60; portion++)
        {
            // Words repeat, within a portion and over portions, and some of it does not pack at all.
            var plain = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 400)).Select(_ => random.Next(4) == 0 ? Convert.ToHexString(BitConverter.GetBytes(random.Next())) : "word" + random.Next(30))));
            var before = (int)packed.Length;
            deflate.Write(plain);
            deflate.Flush();
            inflater.Inflate(packed.ToArray().AsSpan(before), 1 << 20).ShouldBe(plain);
        }
    }

    [Fact]
    public void A_small_block_that_unpacks_to_a_large_one_is_refused()
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize)) deflate.Write(new byte[1 << 22]);
        Should.Throw<InvalidDataException>(() => new Inflater([]).Inflate(packed.ToArray(), 1 << 16));
    }

    [Fact]
    public void Broken_blocks_are_refused_and_nothing_else_happens()
    {
        var random = new Random(11);
        for (var i = 0; i < 3000; i++)
        {
            var block = Convert.FromHexString(First);
            for (var hits = random.Next(1, 5); hits > 0; hits--) block[random.Next(6, block.Length)] = (byte)random.Next(256);
            try
            {
                new SpdyHeaders().Read(block.AsSpan(0, random.Next(0, block.Length + 1)));
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Fact]
    public async Task A_client_opens_streams_sends_and_gets_answers_and_pings_come_back()
    {
        var (client, server) = Duplex.Pair();
        var connection = new SpdyConnection(server);
        var opened = new TaskCompletionSource<SpdyStream>();
        var run = connection.RunAsync(opened.TrySetResult, TestContext.Current.CancellationToken);

        var head = Convert.FromHexString(First);
        await client.WriteAsync(Frame(1, 0, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. head]));
        await client.WriteAsync((byte[])[0, 0, 0, 1, 1, 0, 0, 5, .. "hello"u8]);
        await client.WriteAsync(Frame(6, 0, [0, 0, 0, 9]));
        await client.FlushAsync();

        var stream = await opened.Task;
        stream.Header("StreamType").ShouldBe("error");
        using var text = new StreamReader(stream);
        (await text.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe("hello");
        await stream.WriteAsync("yes"u8.ToArray(), TestContext.Current.CancellationToken);
        await stream.CompleteAsync(TestContext.Current.CancellationToken);

        (await ReadAsync(client)).ShouldBe((0x8003, 2));
        (int, int)[] rest = [await ReadAsync(client), await ReadAsync(client), await ReadAsync(client)];
        rest.ShouldBe([(0, 1), (0, 1), (0x8003, 6)], ignoreOrder: true); // the ping's answer overtakes data or not
        await client.WriteAsync(Frame(7, 0, [0, 0, 0, 1, 0, 0, 0, 0]));
        await client.FlushAsync();
        await run;
    }

    [Fact]
    public async Task A_stream_that_nobody_reads_any_more_does_not_keep_the_others_waiting()
    {
        var ct = TestContext.Current.CancellationToken;
        var (client, server) = Duplex.Pair();
        await using var ours = client;
        await using var theirs = server;
        var opened = Channel.CreateUnbounded<SpdyStream>();
        var run = new SpdyConnection(server).RunAsync(opened.Writer.TryWrite, ct);
        await client.WriteAsync(Frame(1, 0, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. Convert.FromHexString(First)]), ct);
        await client.WriteAsync(Frame(1, 0, [0, 0, 0, 3, 0, 0, 0, 0, 0, 0, .. Convert.FromHexString(Second)]), ct);
        var (left, read) = (await opened.Reader.ReadAsync(ct), await opened.Reader.ReadAsync(ct));

        await left.StopReadingAsync();
        byte[] much = [0, 0, 0, 1, 0, 0, 0x80, 0, .. new byte[0x8000]];
        for (var i = 0; i < 100; i++) await client.WriteAsync(much, ct); // three times what a stream holds for its reader
        await client.WriteAsync((byte[])[0, 0, 0, 3, 1, 0, 0, 5, .. "hello"u8], ct);

        using var text = new StreamReader(read);
        (await text.ReadToEndAsync(ct)).ShouldBe("hello");
        await client.WriteAsync(Frame(7, 0, [0, 0, 0, 1, 0, 0, 0, 0]), ct);
        await run;
    }

    [Fact]
    public async Task What_a_client_sends_behind_the_end_of_a_stream_is_passed_over()
    {
        var ct = TestContext.Current.CancellationToken;
        var (client, server) = Duplex.Pair();
        await using var ours = client;
        await using var theirs = server;
        var run = new SpdyConnection(server).RunAsync(_ => true, ct);
        await client.WriteAsync(Frame(1, 1, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. Convert.FromHexString(First)]), ct);
        await client.WriteAsync((byte[])[0, 0, 0, 1, 0, 0, 0, 4, .. "late"u8], ct);
        await client.WriteAsync(Frame(7, 0, [0, 0, 0, 1, 0, 0, 0, 0]), ct);
        await run;
    }

    private static byte[] Frame(byte type, byte flags, byte[] body) => [0x80, 3, 0, type, flags, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body];

    private static async Task<(int, int)> ReadAsync(Stream from)
    {
        var head = new byte[8];
        await from.ReadExactlyAsync(head);
        await from.ReadExactlyAsync(new byte[head[6] << 8 | head[7]]);
        return (head[0] << 8 | head[1], head[3]);
    }
}
