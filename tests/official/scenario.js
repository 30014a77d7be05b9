// A scenario of the official JavaScript SDK, unchanged, for Node and for browsers.
// `tell(name, problem)` is called once for each story, with an empty problem if it went well.

async function runScenario(platformClient, WebSocketClient, place, tell) {
  const client = platformClient.ApiClient.instance;
  // How the SDK is pointed at a simulator: it is a gateway without TLS.
  client.setGateway({ protocol: "http", host: place.host, port: place.port });
  client.setAccessToken(place.token);

  function check(condition, text) {
    if (!condition) throw new Error(text);
  }

  async function refused(status, promise) {
    try {
      await promise;
    } catch (error) {
      check(error.status === status, `status ${error.status} instead of ${status}: ${error}`);
      return;
    }
    throw new Error(`it was not refused with ${status}`);
  }

  const stories = {
    async users() {
      const api = new platformClient.UsersApi();
      const me = await api.getUsersMe();
      const made = await api.postUsers({
        name: "Cleo", email: `cleo-${place.name}@example.org`, divisionId: me.division.id,
      });
      check((await api.getUser(made.id)).name === "Cleo", "the user is not read");
      await api.patchUser(made.id, { name: "Clio", version: made.version });
      check((await api.getUser(made.id)).name === "Clio", "the change is not read");
      await refused(409, api.patchUser(made.id, { name: "Cleo", version: made.version }));
      await api.deleteUser(made.id);
      const listed = await api.getUsers({ pageSize: 100 });
      check(!listed.entities.some((each) => each.id === made.id), "a deleted user is listed");
    },

    async expansions() {
      // The SDK joins the values of an array with commas.
      const me = await new platformClient.UsersApi().getUsersMe({ expand: ["presence", "groups"] });
      check(me.presence && me.presence.presenceDefinition, "there is no presence");
    },

    async queues() {
      const api = new platformClient.RoutingApi();
      const queue = await api.postRoutingQueues({ name: `Support ${place.name}` });
      check((await api.getRoutingQueue(queue.id)).name === queue.name, "the queue is not read");
      await api.deleteRoutingQueue(queue.id);
      await refused(404, api.getRoutingQueue(queue.id));
    },

    async groups() {
      const api = new platformClient.GroupsApi();
      const body = { name: `Tier ${place.name}`, type: "official", visibility: "public", rulesVisible: true };
      const group = await api.postGroups(body);
      await api.putGroup(group.id, { body: { version: group.version, description: "first line" } });
      check((await api.getGroup(group.id)).description === "first line", "the change is not read");
      await api.deleteGroup(group.id);
      await refused(404, api.getGroup(group.id));
    },

    async pages() {
      const api = new platformClient.RoutingApi();
      for (let number = 0; number < 7; number += 1) {
        await api.postRoutingSkills({ name: `Skill ${place.name} ${number}` });
      }
      const names = new Set();
      for (let page = 1; ; page += 1) {
        const listed = await api.getRoutingSkills({ pageSize: 3, pageNumber: page });
        listed.entities.forEach((each) => names.add(each.name));
        if (page >= listed.pageCount) break;
      }
      check([...Array(7).keys()].every((n) => names.has(`Skill ${place.name} ${n}`)), "a page is missing");
    },

    async refusals() {
      await refused(400, new platformClient.RoutingApi().postRoutingSkills({}));
      await refused(404, new platformClient.GroupsApi().getGroup("0123abcd-0123-4567-89ab-0123456789ab"));
    },

    async notifications() {
      const me = await new platformClient.UsersApi().getUsersMe();
      const api = new platformClient.NotificationsApi();
      const channel = await api.postNotificationsChannels();
      const topic = `v2.users.${me.id}.presence`;
      await api.postNotificationsChannelSubscriptions(channel.id, [{ id: topic }]);
      const socket = new WebSocketClient(channel.connectUri);
      const event = new Promise((resolve, reject) => {
        socket.onerror = () => reject(new Error("the socket failed"));
        socket.onmessage = (message) => {
          const data = JSON.parse(message.data);
          if (data.topicName === topic) resolve(data);
        };
      });
      await new Promise((resolve) => { socket.onopen = resolve; });
      const busy = { presenceDefinition: { systemPresence: "Busy" } };
      await new platformClient.PresenceApi().patchUserPresence(me.id, "PURECLOUD", busy);
      const { eventBody } = await event;
      socket.close();
      check(eventBody.presenceDefinition.systemPresence === "BUSY", "the event has another presence");
    },

    async errors_are_readable() {
      client.setAccessToken("wrong");
      client.setReturnExtendedResponses(true);
      try {
        await new platformClient.UsersApi().getUsersMe();
      } catch (error) {
        check(error.status === 401, `status ${error.status}`);
        const headers = error.headers || {};
        check(headers["inin-correlation-id"], `no correlation id among ${JSON.stringify(error)}`);
        return;
      } finally {
        client.setAccessToken(place.token);
        client.setReturnExtendedResponses(false);
      }
      throw new Error("a wrong token was accepted");
    },
  };
  if (place.clientId) {
    stories.login = async () => {
      await client.loginClientCredentialsGrant(place.clientId, place.clientSecret);
      check((await new platformClient.UsersApi().getUsersMe()).id, "the new token does not work");
    };
  }

  for (const [name, story] of Object.entries(stories)) {
    try {
      await story();
      tell(name, "");
    } catch (error) {
      tell(name, String((error && (error.text || error.message || error.stack)) || error));
    }
  }
}

if (typeof module !== "undefined") module.exports = { runScenario };
