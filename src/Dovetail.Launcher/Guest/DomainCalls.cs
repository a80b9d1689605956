using System.Threading.Channels;
using Dovetail.Launcher.Libvirt;

namespace Dovetail.Launcher.Guest;

/// <summary>Calls that wait for QEMU's monitor. They run on threads of the pool, so that the owner goes on and a hung QEMU can still be destroyed; each ends in <see cref="GuestInput.Finished"/>.</summary>
internal sealed class DomainCalls(ChannelWriter<GuestInput> owner)
{
    /// <param name="connection">To the present libvirtd.</param>
    /// <param name="domain">libvirt's name of the domain.</param>
    /// <param name="work">Its result is the answer's.</param>
    /// <param name="reply">Who asked; null for the owner itself.</param>
    public void Start(LibvirtConnection connection, string domain, Func<LibvirtDomain, string?> work, TaskCompletionSource<Answer>? reply) => _ = Task.Run(() =>
    {
        Answer answer;
        try
        {
            using var found = connection.Find(domain) ?? throw new LibvirtException("the domain is gone");
            answer = new(null, work(found));
        }
        catch (LibvirtException e)
        {
            answer = new(e.Message);
        }

        owner.TryWrite(new GuestInput.Finished(reply, answer));
    });
}
