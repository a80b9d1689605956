using CsCheck;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Tests.Protocol;

public sealed class MessageStreamTests
{
    [Fact]
    public void Messages_of_any_length_arrive_whole_however_the_bytes_are_cut() =>
        Gen.Select(Gen.Int[0, 20_000].Array[1, 8], Gen.Int[1, 7000]).Sample((lengths, cut) =>
        {
            using var memory = new MemoryStream();
            using (var writer = new MessageStream(new Unclosed(memory)))
            {
                foreach (var length in lengths)
                    Wait(writer.WriteAsync(new LauncherRequest(length, new LauncherCommand.AgentQuery(new string('x', length))), LauncherJson.Default.LauncherRequest, default).AsTask());
            }

            using var reader = new MessageStream(new Cut(memory.ToArray(), cut));
            foreach (var length in lengths)
            {
                var read = Wait(reader.ReadAsync(LauncherJson.Default.LauncherRequest, default).AsTask());
                ((LauncherCommand.AgentQuery)read!.Command).Execute.Length.ShouldBe(length);
            }

            Wait(reader.ReadAsync(LauncherJson.Default.LauncherRequest, default).AsTask()).ShouldBeNull();
        }, iter: 30);

    [Fact]
    public async Task A_message_above_the_bound_ends_the_reading()
    {
        using var reader = new MessageStream(new Cut(new byte[LauncherProtocol.MaxMessageBytes + 100_000], 1 << 20));
        await Should.ThrowAsync<InvalidDataException>(async () => await reader.ReadLineAsync(default));
    }

    [Fact]
    public async Task What_is_no_message_is_refused_and_a_cut_off_one_counts_as_the_end()
    {
        using var garbage = new MessageStream(new Cut("{\"id\":1}x\n"u8.ToArray(), 3));
        await Should.ThrowAsync<InvalidDataException>(async () => await garbage.ReadAsync(LauncherJson.Default.LauncherRequest, default));
        using var cutOff = new MessageStream(new Cut("{\"id\":1"u8.ToArray(), 3));
        (await cutOff.ReadAsync(LauncherJson.Default.LauncherRequest, default)).ShouldBeNull();
    }

    [Fact]
    public void Every_command_survives_the_wire()
    {
        LauncherCommand[] commands =
        [
            new LauncherCommand.Hello(1), new LauncherCommand.Shutdown(3), new LauncherCommand.Destroy(), new LauncherCommand.Pause(), new LauncherCommand.Unpause(), new LauncherCommand.Query(),
            new LauncherCommand.Reset(), new LauncherCommand.SoftReboot(), new LauncherCommand.AgentQuery("x"), new LauncherCommand.Release(),
        ];
        foreach (var command in commands)
        {
            var bytes = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new LauncherRequest(1, command), LauncherJson.Default.LauncherRequest);
            System.Text.Json.JsonSerializer.Deserialize(bytes, LauncherJson.Default.LauncherRequest)!.Command.ShouldBe(command);
        }
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static void Wait(Task task) => task.GetAwaiter().GetResult();

    private sealed class Unclosed(Stream inner) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => inner.Length;
        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }
        public override void Flush() => inner.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }

    /// <summary>Gives at most so many bytes a read.</summary>
    private sealed class Cut(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
    }
}
