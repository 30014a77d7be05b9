"""The login host of every region, and of a gateway."""

from genesys_core.hosts import Gateway

# official-sdks.md 1.2: the login host of each region, as the official SDKs derive it.
LOGIN = {
    "us_east_1": "https://login.mypurecloud.com",
    "us_east_2": "https://login.use2.us-gov-pure.cloud",
    "us_west_2": "https://login.usw2.pure.cloud",
    "ca_central_1": "https://login.cac1.pure.cloud",
    "mx_central_1": "https://login.mxc1.pure.cloud",
    "sa_east_1": "https://login.sae1.pure.cloud",
    "eu_west_1": "https://login.mypurecloud.ie",
    "eu_west_2": "https://login.euw2.pure.cloud",
    "eu_central_1": "https://login.mypurecloud.de",
    "eu_central_2": "https://login.euc2.pure.cloud",
    "eusc_de_east_1": "https://login.edee1.eusc-pure.cloud",
    "me_central_1": "https://login.mec1.pure.cloud",
    "ap_south_1": "https://login.aps1.pure.cloud",
    "ap_southeast_1": "https://login.apse1.pure.cloud",
    "ap_southeast_2": "https://login.mypurecloud.com.au",
    "ap_northeast_1": "https://login.mypurecloud.jp",
    "ap_northeast_2": "https://login.apne2.pure.cloud",
    "ap_northeast_3": "https://login.apne3.pure.cloud",
}


GATEWAYS = {
    "direct": (None, None),
    # official-sdks.md, appendix B
    "gateway": (
        Gateway(
            host="mygateway.mydomain.myextension",
            port=1443,
            path_params_login="myadditionalpathforlogin/",
            path_params_api="myadditionalpathforapi",
        ),
        "https://mygateway.mydomain.myextension:1443/myadditionalpathforlogin",
    ),
}
