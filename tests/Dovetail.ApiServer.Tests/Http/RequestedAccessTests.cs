using Dovetail.ApiServer.Http;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>What is asked of the authorizer for paths that go on behind their subresource.</summary>
public sealed class RequestedAccessTests
{
    [Theory]
    [InlineData("/apis/subresources.kubevirt.io/v1/namespaces/ns/virtualmachineinstances/web/portforward/22", "portforward")]
    [InlineData("/apis/subresources.kubevirt.io/v1/namespaces/ns/virtualmachines/web/portforward/53/udp", "portforward")]
    [InlineData("/apis/subresources.kubevirt.io/v1/namespaces/ns/virtualmachineinstances/web/vnc/screenshot", "vnc/screenshot")]
    [InlineData("/api/v1/namespaces/ns/pods/web/proxy/a/b", "proxy")]
    public void A_role_that_grants_portforward_grants_every_port_of_it(string path, string subresource)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Path) = ("GET", path);
        var asked = RequestedAccess.Of(request, UserInfo.Component("test"));
        (asked.Verb, asked.Subresource).ShouldBe(("get", subresource));
    }
}
